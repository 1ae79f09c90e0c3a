"""Shares: how far a partition is followed, and when nothing more is waited for."""

from collections.abc import Mapping, Sequence

from services.reporting.projection.bulk.partition_reader import PartitionReader, ReadRange, read_shares
from shared.messaging.transports import Position, RecordBatch, SeekPosition
from tests.reporting.filled import ODD, SOURCE, Told
from tests.reporting.memory import HISTORY


class TestShares:
    async def test_one_partition_is_not_waited_for_while_another_gives(self) -> None:
        """A topic of which one partition is empty, while live events arrive in one that is closed."""
        tail = Endless()
        wanted = ReadRange(SOURCE, str(HISTORY), {p: Position(0, None, None) for p in (0, 1)}, {0: 9, 1: 9}, 1000)

        found = [share async for share in read_shares(tail, wanted)]

        assert found == []
        assert tail.reads < 20


class Endless:
    """A tail with one partition that never ends, and nothing in it is what follows."""

    reads = 0

    async def seek(self, positions: Mapping[int, SeekPosition]) -> None:
        return

    async def read_batches(self) -> Sequence[RecordBatch]:
        self.reads += 1
        return [RecordBatch(0, [self.reads], [b"anybody's"])]


class TestReading:
    def test_stops_at_the_end_within_a_stretch_said_twice(self) -> None:
        told = Told()
        values = told.values[ODD]
        wanted = ReadRange(SOURCE, str(HISTORY), {ODD: Position(20, None, 19)}, {ODD: 40}, 1000)
        reading = PartitionReader(wanted)

        assert reading.take(RecordBatch(ODD, range(60), values[:60]))

        assert (reading.at[ODD].last_seq, reading.at[ODD].hint, reading.open) == (40, 39, set())

    def test_nothing_is_new_where_all_was_said_before(self) -> None:
        told = Told()
        wanted = ReadRange(SOURCE, str(HISTORY), {ODD: Position(20, None, 19)}, {ODD: 40}, 1000)
        reading = PartitionReader(wanted)

        assert not reading.take(RecordBatch(ODD, range(20), told.values[ODD][:20]))

        assert reading.open == {ODD}
