"""Filling: from Kafka, by one process or several, or from a feed: the books are the same, whatever is in the topic."""

import asyncio
import itertools
import os
import random
from collections.abc import Callable
from typing import Any

import pytest

from services.reporting.main import service
from services.reporting.projection.bulk import bulk_load
from services.reporting.projection.bulk.bulk_load import BulkLoad, split_partitions
from services.reporting.projection.bulk.partition_reader import FoldedShare, ReadRange
from shared.messaging import pipelined
from shared.messaging.inbox import AdvancedPositions, ConsumerState
from shared.messaging.inbox.tables import parked_event
from shared.messaging.outbox import PARTITIONS
from shared.messaging.pipelined import PendingBatchRejected
from shared.messaging.transports import Position
from tests.backends.kafka import Topics
from tests.reporting.projection.bulk_fixtures import (
    ODD_PARTITION,
    RECORDS_PER_BATCH,
    SOURCE,
    FilledReadModels,
    MemoryPublisher,
    OpenDatabase,
    StartedReaders,
    fill_from_written_topic,
    fold_one_by_one,
)
from tests.reporting.projection.memory_source import EPOCH
from tests.reporting.projection.test_bad_events import count_rows, envelope_with

PREVIOUS_EPOCH = "01988f00-0000-7000-8000-000000000001"


class TestBulkLoad:
    @pytest.mark.parametrize("source", ["recording", "blanks", "equipment"])
    async def test_by_several_processes_is_as_one_by_one(
        self, source: str, topics: Topics, open_database: OpenDatabase, started_readers: StartedReaders
    ) -> None:
        publisher = MemoryPublisher(source)

        books = await fill_from_written_topic(publisher, topics, open_database)

        assert len(started_readers.processes) == 1
        assert not started_readers.left()
        assert not books.missing
        assert await books.digests() == await fold_one_by_one(publisher, open_database)

    async def test_with_one_core_begins_no_process(
        self,
        topics: Topics,
        open_database: OpenDatabase,
        started_readers: StartedReaders,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(bulk_load, "core_count", lambda: 1)
        publisher = MemoryPublisher()

        books = await fill_from_written_topic(publisher, topics, open_database)

        assert not started_readers.processes
        assert not books.missing
        assert await books.digests() == await fold_one_by_one(publisher, open_database)

    async def test_in_many_stores_is_as_in_one(
        self,
        topics: Topics,
        open_database: OpenDatabase,
        started_readers: StartedReaders,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(pipelined, "PENDING_AT_MOST", 60)
        monkeypatch.setattr(bulk_load, "ROWS_AT_MOST", 30)
        publisher = MemoryPublisher()

        books = await fill_from_written_topic(publisher, topics, open_database)

        assert not books.missing
        assert await books.digests() == await fold_one_by_one(publisher, open_database)

    async def test_ends_where_it_is_told_to(
        self, topics: Topics, open_database: OpenDatabase, started_readers: StartedReaders
    ) -> None:
        publisher = MemoryPublisher()
        await publisher.publish(topics)
        for values in publisher.values.values():
            del values[-7:]  # said since the live books stood there
        books = FilledReadModels(publisher, await open_database(service))

        await books.fill(topics.settings)

        assert books.reached == publisher.ends
        assert await books.digests() == await fold_one_by_one(publisher, open_database)

    async def test_of_nothing(
        self, topics: Topics, open_database: OpenDatabase, started_readers: StartedReaders
    ) -> None:
        publisher = MemoryPublisher()
        publisher.values.clear()
        books = FilledReadModels(publisher, await open_database(service))

        await books.fill(topics.settings)

        assert not started_readers.processes
        assert not any(books.reached.values())


def with_garbage(values: list[bytes | None]) -> None:
    values.insert(100, b"anybody's")


def without_value(values: list[bytes | None]) -> None:
    values.insert(100, None)


def with_a_hole(values: list[bytes | None]) -> None:
    del values[100]


def with_previous_epoch(values: list[bytes | None]) -> None:
    values[:50] = [envelope_with(value, history=PREVIOUS_EPOCH) for value in values[:50] if value is not None]


def without_beginning(values: list[bytes | None]) -> None:
    del values[:50]


def with_nothing(values: list[bytes | None]) -> None:
    values.clear()


def everything_twice(values: list[bytes | None]) -> None:
    values[2 * RECORDS_PER_BATCH : 2 * RECORDS_PER_BATCH] = values[RECORDS_PER_BATCH : 2 * RECORDS_PER_BATCH]


def some_twice(values: list[bytes | None]) -> None:
    values[2 * RECORDS_PER_BATCH : 2 * RECORDS_PER_BATCH] = values[RECORDS_PER_BATCH + 20 : 2 * RECORDS_PER_BATCH]


@pytest.mark.parametrize("back_end", ["postgres"], indirect=True)  # what is odd is not in the database
class TestOddPartitions:
    @pytest.mark.parametrize(
        "odd", [with_garbage, without_value, with_a_hole, with_previous_epoch, without_beginning, with_nothing]
    )
    async def test_records_stop_their_partition_alone(
        self,
        odd: Callable[[list[bytes | None]], None],
        topics: Topics,
        open_database: OpenDatabase,
        started_readers: StartedReaders,
    ) -> None:
        publisher = MemoryPublisher()
        odd(publisher.topic[ODD_PARTITION])

        books = await fill_from_written_topic(publisher, topics, open_database)

        assert books.missing == {ODD_PARTITION}
        assert await books.same() == await fold_one_by_one(publisher, open_database)

    async def test_nor_do_they_stop_another_that_the_same_process_reads(
        self,
        topics: Topics,
        open_database: OpenDatabase,
        started_readers: StartedReaders,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(bulk_load, "core_count", lambda: 1)
        publisher = MemoryPublisher()
        with_garbage(publisher.topic[ODD_PARTITION])

        books = await fill_from_written_topic(publisher, topics, open_database)

        assert books.missing == {ODD_PARTITION}
        assert books.reached[ODD_PARTITION] == 80
        assert await books.same() == await fold_one_by_one(publisher, open_database)

    @pytest.mark.parametrize("odd", [everything_twice, some_twice])
    async def test_what_is_said_twice_counts_once(
        self,
        odd: Callable[[list[bytes | None]], None],
        topics: Topics,
        open_database: OpenDatabase,
        started_readers: StartedReaders,
    ) -> None:
        publisher = MemoryPublisher()
        odd(publisher.topic[ODD_PARTITION])

        books = await fill_from_written_topic(publisher, topics, open_database)

        assert not books.missing
        assert await books.digests() == await fold_one_by_one(publisher, open_database)

    async def test_what_cannot_be_folded_is_parked(
        self, topics: Topics, open_database: OpenDatabase, started_readers: StartedReaders
    ) -> None:
        publisher = MemoryPublisher()
        publisher.values[ODD_PARTITION][100] = envelope_with(
            publisher.values[ODD_PARTITION][100], type="rekap.recording.of_a_later_release.v1"
        )
        publisher.topic[ODD_PARTITION] = [*publisher.values[ODD_PARTITION]]

        books = await fill_from_written_topic(publisher, topics, open_database)

        assert books.missing == {ODD_PARTITION}
        assert await books.same() == await fold_one_by_one(publisher, open_database)
        assert await count_rows(books.database, parked_event) == 1

    async def test_a_topic_that_was_cut(
        self, topics: Topics, open_database: OpenDatabase, started_readers: StartedReaders
    ) -> None:
        publisher = MemoryPublisher()
        await publisher.publish(topics)
        for partition in publisher.topic:
            await topics.cut(topics.names[0], partition, before=50)
        books = FilledReadModels(publisher, await open_database(service))

        await books.fill(topics.settings)

        assert not any(books.reached.values())
        assert await books.same() == await fold_one_by_one(publisher, open_database)

    async def test_no_broker(
        self, topics: Topics, open_database: OpenDatabase, started_readers: StartedReaders
    ) -> None:
        publisher = MemoryPublisher()
        books = FilledReadModels(publisher, await open_database(service))

        await books.fill(topics.settings.model_copy(update={"kafka": "127.0.0.1:1"}))

        assert not started_readers.left()
        assert not any(books.reached.values())
        assert await books.same() == await fold_one_by_one(publisher, open_database)


class TestSplitPartitions:
    def wanted(self, *numbers: int) -> ReadRange:
        after = {partition: Position(10, None, None) for partition in range(PARTITIONS)}
        ends = {partition: 10 + number for partition, number in enumerate(numbers)}
        return ReadRange(SOURCE, str(EPOCH), after, ends, 1000)

    @pytest.mark.parametrize(("processes", "parts"), [(1, 1), (2, 2), (5, 5), (64, 12)])
    def test_each_partition_goes_to_one_of_them(self, processes: int, parts: int) -> None:
        numbers = [random.Random(4).randrange(400_000, 500_000) for _ in range(PARTITIONS)]

        found = split_partitions(self.wanted(*numbers), processes)

        assert len(found) == parts
        assert sorted(itertools.chain(*found)) == list(range(PARTITIONS))
        sizes = [sum(numbers[partition] for partition in part) for part in found]
        assert max(sizes) - min(sizes) <= max(numbers)

    def test_few_events_are_worth_no_process(self) -> None:
        assert split_partitions(self.wanted(60_000, 60_000, 0), 8) == [[0, 1]]

    def test_nothing_is_wanted(self) -> None:
        assert split_partitions(self.wanted(0, 0), 8) == [[]]

    def test_this_process_may_use_a_core(self) -> None:
        assert 1 <= bulk_load.core_count() <= (os.cpu_count() or 1)


class RefusingInbox:
    """An inbox whose database refuses what it is given first."""

    source = SOURCE

    def __init__(self) -> None:
        self.asked = 0
        self.stored: list[AdvancedPositions] = []

    async def store(self, moved: AdvancedPositions, effects: Any, heard: ConsumerState) -> None:
        self.asked += 1
        await asyncio.sleep(0)
        if self.asked == 1:
            raise ValueError("of the content")
        self.stored.append(moved)


class TestCulprit:
    async def test_nothing_behind_it_is_stored(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Two bring shares: while the first is refused the second waits, and must not be stored over the hole."""
        monkeypatch.setattr(bulk_load, "ROWS_AT_MOST", -1)
        inbox = RefusingInbox()
        filled = BulkLoad(inbox, ConsumerState({}, EPOCH))  # type: ignore[arg-type]  # what it needs of one

        async def bring(*seqs: int) -> None:
            for seq in seqs:
                await filled.take(FoldedShare(reached={0: Position(seq, None, None)}))

        await filled.finish([bring(1, 2), bring(3)])

        assert inbox.asked == 1
        assert inbox.stored == []
        with pytest.raises(PendingBatchRejected):
            await filled.take(FoldedShare())
