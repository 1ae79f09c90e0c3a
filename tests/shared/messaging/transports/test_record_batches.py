"""Record batches: what is taken past the client's own objects is what the client would have given."""

import asyncio

import aiokafka
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.messaging.transports import Incoming, RecordBatch, SeekPosition
from shared.messaging.transports.record_batches import PINNED_AIOKAFKA, unpack_batch
from tests.backends import kafka
from tests.shared.messaging.transports.conftest import FROM_START, TopicEnds, outgoing_events


async def read_with_getmany(topics: kafka.Topics, number: int) -> list[Incoming]:
    """As the client gives it, record by record."""
    consumer = AIOKafkaConsumer(bootstrap_servers=topics.servers, auto_offset_reset="earliest")
    await consumer.start()
    consumer.assign([TopicPartition(topics.names[0], partition) for partition in range(12)])
    found: list[Incoming] = []
    while len(found) < number:
        for at, records in (await consumer.getmany(timeout_ms=2000)).items():
            found += [Incoming(at.partition, record.offset, record.value) for record in records]
    await consumer.stop()
    return sorted(found)


async def read_by_batch(ends: TopicEnds, number: int) -> list[Incoming]:
    found: list[Incoming] = []
    while len(found) < number:
        found += [
            record for record_batch in await ends.subscription.read_batches() for record in record_batch.records()
        ]
    return sorted(found)


class Batch(list[Incoming]):
    """As the client's own, of so many records."""

    is_control_batch = False

    def __init__(self, first: int, number: int) -> None:
        super().__init__(Incoming(0, offset, str(offset).encode()) for offset in range(first, first + number))
        self.next_offset = first + number

    def validate_crc(self) -> bool:
        return True


class FetchedRecords:
    """As the client's own PartitionRecords."""

    def __init__(self, batches: list[Batch], next_fetch_offset: int) -> None:
        self._records, self.batches, self.next_fetch_offset = self, batches, next_fetch_offset

    def has_next(self) -> bool:
        return bool(self.batches)

    def next_batch(self) -> Batch:
        return self.batches.pop(0)


class TestFetchByBatch:
    def test_is_written_for_the_client_installed(self) -> None:
        """Another one: read its fetcher, run these tests, then raise PINNED."""
        assert aiokafka.__version__ == PINNED_AIOKAFKA

    async def test_gives_what_the_client_gives(self, ends: TopicEnds, topics: kafka.Topics) -> None:
        for partition, numbers in ((0, range(1, 301)), (7, range(1, 40)), (0, range(301, 310))):
            assert await ends.log.append(partition, outgoing_events(*numbers))
        assert await read_by_batch(ends, 348) == await read_with_getmany(topics, 348)

    async def test_comes_by_the_batch(self, ends: TopicEnds) -> None:
        for numbers in (range(1, 301), range(301, 311)):
            assert await ends.log.append(0, outgoing_events(*numbers))
        record_batches: list[RecordBatch] = []
        while sum(len(each.values) for each in record_batches) < 310:
            record_batches += await ends.subscription.read_batches()
        assert [len(each.values) for each in record_batches] == [300, 10]

    async def test_what_is_unread_holds_the_other_partitions(self, ends: TopicEnds) -> None:
        """Else a request without it is on its way, and waits at the broker for what nobody says."""
        await ends.append(1)
        assert len(await read_by_batch(ends, 1)) == 1
        assert ends.subscription.consumer is not None
        fetcher = ends.subscription.consumer._fetcher
        await ends.append(2)
        async with asyncio.timeout(10):
            while not fetcher._records:  # noqa: ASYNC110 -- the client tells nobody
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.3)  # aiokafka gives up after 0.1
        assert not fetcher._in_flight
        assert len(await read_by_batch(ends, 1)) == 1

    async def test_begins_in_the_middle_of_one(self, ends: TopicEnds) -> None:
        assert await ends.log.append(0, outgoing_events(*range(1, 101)))
        await ends.subscription.seek({**FROM_START, 0: SeekPosition(60, hint=59)})
        assert [record.offset for record in await read_by_batch(ends, 40)] == [*range(60, 100)]

    async def test_of_one_that_is_behind_nothing_is_given(self) -> None:
        assert [*unpack_batch(0, FetchedRecords([Batch(0, 10)], next_fetch_offset=10))] == []
        [found] = unpack_batch(0, FetchedRecords([Batch(0, 10)], next_fetch_offset=9))
        assert (list(found.offsets), list(found.values)) == ([9], [b"9"])

    async def test_another_version_is_read_record_by_record(
        self, ends: TopicEnds, topics: kafka.Topics, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("shared.messaging.transports.record_batches.PINNED_AIOKAFKA", "another")
        assert await ends.log.append(0, outgoing_events(*range(1, 21)))
        assert await read_by_batch(ends, 20) == await read_with_getmany(topics, 20)
