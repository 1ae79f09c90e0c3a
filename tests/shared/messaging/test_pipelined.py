"""Folding ahead: in memory what plainly follows, and all else as ever; the books are the same as one by one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
import pytest

from services.blanks.main import service
from shared.db import Database, DatabaseUnavailable, Session
from shared.events import codec
from shared.events.lean_decoder import LeanEnvelope, is_next_in_sequence, read_lines, sequence_texts
from shared.messaging.consumer import Consumer, SourceStopped
from shared.messaging.inbox import (
    AdvancedPositions,
    CannotBeFolded,
    ConsumerState,
    DatabaseInbox,
    Position,
    malformed_record,
    parked_event,
)
from shared.messaging.pipelined import PendingBatchRejected, PipelinedFold
from shared.messaging.transports import RecordBatch
from shared.service import Service
from tests.shared.messaging.test_consumer import PARTITION, SOURCE, FakePublisher, applied_seq, row_count


class SeqList:
    """A fold in memory that remembers the numbers it took."""

    def __init__(self, world: "BatchingPublisher") -> None:
        self.world, self.seqs = world, list[int]()

    def take(self, record_batch: RecordBatch, after: int, history: str) -> str | None:
        try:
            found = [codec.read(value, SOURCE) for value in record_batch.values]
        except codec.MalformedRecord:
            return None
        if not is_next_in_sequence(found, after, source=SOURCE, history=history):
            return None
        self.seqs += [each.seq for each in found]
        return found[-1].id

    async def store(self, session: Session) -> None:
        if self.world.bad.intersection(self.seqs):
            raise CannotBeFolded("one of them")
        self.world.pipeline += self.seqs
        self.world.stores += 1


class BatchingPublisher(FakePublisher):
    """The same world, whose bus gives stretches."""

    def __init__(self) -> None:
        super().__init__()
        self.pipeline: list[int] = []
        self.stores = 0
        self.sought = 0

    async def seek(self, positions: Any) -> None:
        self.sought += 1

    async def read_batches(self) -> Sequence[RecordBatch]:
        found = await self.read()
        return [RecordBatch(PARTITION, [r.offset for r in found], [r.value for r in found])] if found else []

    def consumer(self, database: Database, **options: Any) -> Consumer:
        inbox = DatabaseInbox(database, SOURCE, self.fold, self.count)
        pipeline = PipelinedFold(inbox, lambda: SeqList(self))
        return Consumer(
            SOURCE, inbox, self, self, count=self.count, pipeline=pipeline, **{"heads_seconds": 1e9, **options}
        )


async def run_step(consumer: Consumer) -> None:
    """And wait until it is stored."""
    await consumer.step()
    assert consumer.pipeline is not None
    await consumer.flush(consumer.pipeline)


@pytest.fixture
def world() -> BatchingPublisher:
    return BatchingPublisher()


@pytest.fixture
async def database(open_database: Callable[[Service], Awaitable[Database]]) -> Database:
    return await open_database(service)


class TestPipelinedFold:
    async def test_stores_what_follows_in_few_transactions(self, world: BatchingPublisher, database: Database) -> None:
        world.say(9)
        consumer = world.consumer(database)
        await consumer.begin()
        for seqs in ((1, 2), (3, 4, 5), (6, 7), (8, 9)):
            world.give(*seqs)
            await consumer.step()
        await run_step(consumer)
        assert (world.pipeline, world.folded) == ([*range(1, 10)], [])
        assert world.stores < 4
        assert (await applied_seq(database), world.results["applied"]) == (9, 9)

    async def test_what_comes_twice_counts_once(self, world: BatchingPublisher, database: Database) -> None:
        world.say(3)
        consumer = world.consumer(database)
        await consumer.begin()
        for seqs in ((1, 2), (1, 2, 3), (3,), (2, 3)):
            world.give(*seqs)
            await run_step(consumer)
        assert sorted(world.pipeline + world.folded) == [1, 2, 3]
        assert world.results["duplicate"] == 5

    async def test_a_hole_is_filled_from_the_feed(self, world: BatchingPublisher, database: Database) -> None:
        """P4."""
        world.say(9)
        consumer = world.consumer(database)
        await consumer.begin()
        for seqs in ((1, 2), (5, 6)):
            world.give(*seqs)
            await consumer.step()
        await run_step(consumer)
        assert sorted(world.pipeline + world.folded) == list(range(1, 10))
        assert (world.results["early"], await applied_seq(database)) == (2, 9)

    async def test_a_lost_tail_is_seen_by_the_heads(self, world: BatchingPublisher, database: Database) -> None:
        world.say(2)
        consumer = world.consumer(database, heads_seconds=0)
        await consumer.begin()
        world.give(1)
        await run_step(consumer)
        assert world.folded == []  # the bus still gives
        await run_step(consumer)
        assert (world.pipeline, world.folded) == ([1], [2])

    async def test_a_zombie_changes_nothing(self, world: BatchingPublisher, database: Database) -> None:
        """P7."""
        world.say(3)
        zombie, other = world.consumer(database), world.consumer(database)
        await zombie.begin()
        await other.begin()
        for each in (other, zombie):
            world.give(1, 2, 3)
            await run_step(each)
        assert (await applied_seq(database), world.results["applied"]) == (3, 3)

    async def test_a_culprit_is_parked_alone_once_it_is_read_again(
        self, world: BatchingPublisher, database: Database
    ) -> None:
        """P13."""
        world.say(5)
        world.bad = {2, 4}
        consumer = world.consumer(database)
        await consumer.begin()
        sought = world.sought
        world.give(1, 2, 3, 4, 5)
        await run_step(consumer)
        assert (await applied_seq(database), world.sought) == (0, sought + 1)
        world.give(1, 2, 3)
        await run_step(consumer)
        world.give(4, 5)
        await run_step(consumer)
        world.say(1)
        world.give(6)
        await run_step(consumer)
        assert (world.folded, world.pipeline) == ([1, 3, 5], [6])
        assert (await applied_seq(database), await row_count(database, parked_event)) == (6, 2)

    async def test_a_stray_is_kept_and_moves_nothing(self, world: BatchingPublisher, database: Database) -> None:
        world.say(1)
        consumer = world.consumer(database)
        await consumer.begin()
        world.bus.append([world.record(7, b"not json")])
        await run_step(consumer)
        assert (await applied_seq(database), await row_count(database, malformed_record)) == (0, 1)

    async def test_the_same_number_with_another_id_stops_it(self, world: BatchingPublisher, database: Database) -> None:
        world.say(3)
        consumer = world.consumer(database)
        await consumer.begin()
        world.give(1, 2, 3)
        await run_step(consumer)
        world.bus.append([world.record(103, world.value(3))])
        with pytest.raises(SourceStopped):
            await run_step(consumer)

    async def test_what_may_pass_is_raised_and_nothing_moved(
        self, world: BatchingPublisher, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def away(self: SeqList, session: Session) -> None:
            raise OSError("away")

        monkeypatch.setattr(SeqList, "store", away)
        world.say(1)
        consumer = world.consumer(database)
        await consumer.begin()
        world.give(1)
        with pytest.raises(DatabaseUnavailable):
            await run_step(consumer)
        assert (await applied_seq(database), await row_count(database, parked_event)) == (0, 0)


class TestCulprits:
    async def test_of_two_partitions_are_both_remembered(self) -> None:
        """Else one forgets the other, and a bus that gives them in turns gives them for ever."""
        pipeline = PipelinedFold(RefusingInbox(), AcceptingFold)
        for partition in (0, 1):
            pipeline.begin(ConsumerState({0: Position(0, None, None), 1: Position(0, None, None)}))
            assert pipeline.take(RecordBatch(partition, [7], [b"bad"]))
            with pytest.raises(PendingBatchRejected):
                await pipeline.flush()
        pipeline.begin(pipeline.state)
        assert [pipeline.take(RecordBatch(partition, [7], [b"bad"])) for partition in (0, 1)] == [False, False]


class RefusingInbox:
    async def store(
        self, moved: AdvancedPositions, effects: Callable[[Session], Awaitable[None]], heard: ConsumerState
    ) -> None:
        raise CannotBeFolded("one of them")


class AcceptingFold:
    def take(self, record_batch: RecordBatch, after: int, history: str) -> str | None:
        return "an id"

    async def store(self, session: Session) -> None:
        return


class PausedInbox:
    """An inbox that notes how many events each store had."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    async def store(self, moved: AdvancedPositions, effects: Any, heard: ConsumerState) -> None:
        self.sizes.append(sum(moved.numbers.values()))


class TestBatchSize:
    async def test_with_a_backlog_to_come_it_waits_until_enough_is_held(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("shared.messaging.pipelined.PENDING_AT_MOST", 5)
        inbox = PausedInbox()
        pipeline = PipelinedFold(inbox, AcceptingFold)
        pipeline.begin(ConsumerState({PARTITION: Position(0, None, None)}))

        for _ in range(4):
            assert pipeline.take(RecordBatch(PARTITION, [1, 2], [b"", b""]))
            await pipeline.start_store(more=True)
            await asyncio.sleep(0)

        assert inbox.sizes == [6]
        await pipeline.flush()
        assert inbox.sizes == [6, 2]

    async def test_in_quiet_times_it_does_not_wait(self) -> None:
        inbox = PausedInbox()
        pipeline = PipelinedFold(inbox, AcceptingFold)
        pipeline.begin(ConsumerState({PARTITION: Position(0, None, None)}))

        for _ in range(2):
            assert pipeline.take(RecordBatch(PARTITION, [1], [b""]))
            await pipeline.start_store()
            await asyncio.sleep(0)

        assert inbox.sizes == [1, 1]

    async def test_far_behind_is_what_the_heads_name_beyond_what_is_held(
        self, world: BatchingPublisher, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("shared.messaging.consumer.BACKLOG_EVENTS", 3)
        world.say(3)
        world.give(1, 2, 3)
        consumer = world.consumer(database)
        await consumer.begin()
        assert consumer.pipeline is not None

        assert consumer.is_far_behind(consumer.pipeline)
        await run_step(consumer)

        assert not consumer.is_far_behind(consumer.pipeline)
        assert world.pipeline == [1, 2, 3]


class TestLines:
    """All of a stretch in one call, where that comes to the same."""

    class Seq(LeanEnvelope, tag="any", gc=False):
        pass

    LINE = b'{"type":"any","id":"i","source":"s","sequence":"1","history":"h","time":"2018-11-26T01:00:00Z"}'

    def test_gives_one_for_each(self) -> None:
        found = read_lines(msgspec.json.Decoder(self.Seq), [self.LINE, self.LINE])

        assert found is not None
        assert [each.id for each in found] == ["i", "i"]

    @pytest.mark.parametrize(
        "odd", [[None], [b""], [LINE + b"\n" + LINE, b" "], [b"\n" + LINE], [LINE + LINE], [b"{}"], [b"\xff"]]
    )
    def test_leaves_what_is_odd_to_a_closer_look(self, odd: list[bytes | None]) -> None:
        assert read_lines(msgspec.json.Decoder(self.Seq), [self.LINE, *odd]) is None


class TestSequences:
    @pytest.mark.parametrize(
        ("first", "number"), [(1, 1), (999, 2), (1000, 1000), (123_456, 3456), (10**19, 5), (7, 0)]
    )
    def test_are_the_numbers_one_by_one(self, first: int, number: int) -> None:
        assert sequence_texts(first, number) == [codec.sequence_of(seq) for seq in range(first, first + number)]


class TestFollow:
    @pytest.mark.parametrize(
        "changes",
        [
            {"sequence": "00000000000000000003"},
            {"sequence": "2"},
            {"history": "01988f00-0000-7000-8000-000000000001"},
            {"source": "/rekap/blanks"},
            {"id": "no id"},
        ],
    )
    def test_refuses_what_is_not_plainly_next(self, world: BatchingPublisher, changes: dict[str, str]) -> None:
        world.say(2)
        found = [msgspec.json.decode(value, type=codec.Envelope) for value in world.values]
        asked = {"source": SOURCE, "history": str(world.history)}
        assert is_next_in_sequence(found, 0, **asked)
        assert not is_next_in_sequence([found[0], msgspec.structs.replace(found[1], **changes)], 0, **asked)
