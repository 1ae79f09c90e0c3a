"""Shares: how far a partition is followed, and when nothing more is waited for."""

from collections.abc import Mapping, Sequence

from services.reporting.projection.bulk.partition_reader import PartitionReader, ReadRange, read_shares
from shared.messaging.transports import Position, RecordBatch, SeekPosition
from tests.reporting.projection.bulk_fixtures import ODD_PARTITION, SOURCE, MemoryPublisher
from tests.reporting.projection.memory_source import EPOCH


class TestReadShares:
    async def test_one_partition_is_not_waited_for_while_another_gives(self) -> None:
        """A topic of which one partition is empty, while live events arrive in one that is closed."""
        subscription = EndlessSource()
        wanted = ReadRange(SOURCE, str(EPOCH), {p: Position(0, None, None) for p in (0, 1)}, {0: 9, 1: 9}, 1000)

        found = [share async for share in read_shares(subscription, wanted)]

        assert found == []
        assert subscription.reads < 20


class EndlessSource:
    """A tail with one partition that never ends, and nothing in it is what follows."""

    reads = 0

    async def seek(self, positions: Mapping[int, SeekPosition]) -> None:
        return

    async def read_batches(self) -> Sequence[RecordBatch]:
        self.reads += 1
        return [RecordBatch(0, [self.reads], [b"anybody's"])]


class TestPartitionReader:
    def test_stops_at_the_end_within_a_stretch_said_twice(self) -> None:
        publisher = MemoryPublisher()
        values = publisher.values[ODD_PARTITION]
        wanted = ReadRange(SOURCE, str(EPOCH), {ODD_PARTITION: Position(20, None, 19)}, {ODD_PARTITION: 40}, 1000)
        reading = PartitionReader(wanted)

        assert reading.take(RecordBatch(ODD_PARTITION, range(60), values[:60]))

        assert (reading.at[ODD_PARTITION].last_seq, reading.at[ODD_PARTITION].hint, reading.open) == (40, 39, set())

    def test_nothing_is_new_where_all_was_said_before(self) -> None:
        publisher = MemoryPublisher()
        wanted = ReadRange(SOURCE, str(EPOCH), {ODD_PARTITION: Position(20, None, 19)}, {ODD_PARTITION: 40}, 1000)
        reading = PartitionReader(wanted)

        assert not reading.take(RecordBatch(ODD_PARTITION, range(20), publisher.values[ODD_PARTITION][:20]))

        assert reading.open == {ODD_PARTITION}
