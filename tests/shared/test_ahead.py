"""Folding ahead: in memory what plainly follows, and all else as ever; the books are the same as one by one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
import pytest

from services.blanks.main import service
from shared.db import Database, DatabaseUnavailable, Session
from shared.events import codec
from shared.events.lean_decoder import LeanDecoder, follows_plainly, read_lines, sequences
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
from tests.shared.test_consumer import PARTITION, SOURCE, World, kept, reached


class Numbers:
    """A fold in memory that remembers the numbers it took."""

    def __init__(self, world: "Stretches") -> None:
        self.world, self.seqs = world, list[int]()

    def take(self, stretch: RecordBatch, after: int, history: str) -> str | None:
        try:
            found = [codec.read(value, SOURCE) for value in stretch.values]
        except codec.MalformedRecord:
            return None
        if not follows_plainly(found, after, source=SOURCE, history=history):
            return None
        self.seqs += [each.seq for each in found]
        return found[-1].id

    async def store(self, session: Session) -> None:
        if self.world.bad.intersection(self.seqs):
            raise CannotBeFolded("one of them")
        self.world.ahead += self.seqs
        self.world.stores += 1


class Stretches(World):
    """The same world, whose bus gives stretches."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead: list[int] = []
        self.stores = 0
        self.sought = 0

    async def seek(self, positions: Any) -> None:
        self.sought += 1

    async def read_batches(self) -> Sequence[RecordBatch]:
        found = await self.read()
        return [RecordBatch(PARTITION, [r.offset for r in found], [r.value for r in found])] if found else []

    def consumer(self, database: Database, **options: Any) -> Consumer:
        inbox = DatabaseInbox(database, SOURCE, self.fold, self.count)
        ahead = PipelinedFold(inbox, lambda: Numbers(self))
        return Consumer(SOURCE, inbox, self, self, count=self.count, ahead=ahead, **{"heads_seconds": 1e9, **options})


async def step(consumer: Consumer) -> None:
    """And wait until it is stored."""
    await consumer.step()
    assert consumer.ahead is not None
    await consumer.settle(consumer.ahead)


@pytest.fixture
def world() -> Stretches:
    return Stretches()


@pytest.fixture
async def database(open_database: Callable[[Service], Awaitable[Database]]) -> Database:
    return await open_database(service)


class TestAhead:
    async def test_stores_what_follows_in_few_transactions(self, world: Stretches, database: Database) -> None:
        world.say(9)
        consumer = world.consumer(database)
        await consumer.begin()
        for seqs in ((1, 2), (3, 4, 5), (6, 7), (8, 9)):
            world.give(*seqs)
            await consumer.step()
        await step(consumer)
        assert (world.ahead, world.folded) == ([*range(1, 10)], [])
        assert world.stores < 4
        assert (await reached(database), world.results["applied"]) == (9, 9)

    async def test_what_comes_twice_counts_once(self, world: Stretches, database: Database) -> None:
        world.say(3)
        consumer = world.consumer(database)
        await consumer.begin()
        for seqs in ((1, 2), (1, 2, 3), (3,), (2, 3)):
            world.give(*seqs)
            await step(consumer)
        assert sorted(world.ahead + world.folded) == [1, 2, 3]
        assert world.results["duplicate"] == 5

    async def test_a_hole_is_filled_from_the_feed(self, world: Stretches, database: Database) -> None:
        """P4."""
        world.say(9)
        consumer = world.consumer(database)
        await consumer.begin()
        for seqs in ((1, 2), (5, 6)):
            world.give(*seqs)
            await consumer.step()
        await step(consumer)
        assert sorted(world.ahead + world.folded) == list(range(1, 10))
        assert (world.results["early"], await reached(database)) == (2, 9)

    async def test_a_lost_tail_is_seen_by_the_heads(self, world: Stretches, database: Database) -> None:
        world.say(2)
        consumer = world.consumer(database, heads_seconds=0)
        await consumer.begin()
        world.give(1)
        await step(consumer)
        assert world.folded == []  # the bus still gives
        await step(consumer)
        assert (world.ahead, world.folded) == ([1], [2])

    async def test_a_zombie_changes_nothing(self, world: Stretches, database: Database) -> None:
        """P7."""
        world.say(3)
        zombie, other = world.consumer(database), world.consumer(database)
        await zombie.begin()
        await other.begin()
        for each in (other, zombie):
            world.give(1, 2, 3)
            await step(each)
        assert (await reached(database), world.results["applied"]) == (3, 3)

    async def test_a_culprit_is_parked_alone_once_it_is_read_again(self, world: Stretches, database: Database) -> None:
        """P13."""
        world.say(5)
        world.bad = {2, 4}
        consumer = world.consumer(database)
        await consumer.begin()
        sought = world.sought
        world.give(1, 2, 3, 4, 5)
        await step(consumer)
        assert (await reached(database), world.sought) == (0, sought + 1)
        world.give(1, 2, 3)
        await step(consumer)
        world.give(4, 5)
        await step(consumer)
        world.say(1)
        world.give(6)
        await step(consumer)
        assert (world.folded, world.ahead) == ([1, 3, 5], [6])
        assert (await reached(database), await kept(database, parked_event)) == (6, 2)

    async def test_a_stray_is_kept_and_moves_nothing(self, world: Stretches, database: Database) -> None:
        world.say(1)
        consumer = world.consumer(database)
        await consumer.begin()
        world.bus.append([world.record(7, b"not json")])
        await step(consumer)
        assert (await reached(database), await kept(database, malformed_record)) == (0, 1)

    async def test_the_same_number_with_another_id_stops_it(self, world: Stretches, database: Database) -> None:
        world.say(3)
        consumer = world.consumer(database)
        await consumer.begin()
        world.give(1, 2, 3)
        await step(consumer)
        world.bus.append([world.record(103, world.value(3))])
        with pytest.raises(SourceStopped):
            await step(consumer)

    async def test_what_may_pass_is_raised_and_nothing_moved(
        self, world: Stretches, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def away(self: Numbers, session: Session) -> None:
            raise OSError("away")

        monkeypatch.setattr(Numbers, "store", away)
        world.say(1)
        consumer = world.consumer(database)
        await consumer.begin()
        world.give(1)
        with pytest.raises(DatabaseUnavailable):
            await step(consumer)
        assert (await reached(database), await kept(database, parked_event)) == (0, 0)


class TestCulprits:
    async def test_of_two_partitions_are_both_remembered(self) -> None:
        """Else one forgets the other, and a bus that gives them in turns gives them for ever."""
        ahead = PipelinedFold(Refusing(), Taking)
        for partition in (0, 1):
            ahead.begin(ConsumerState({0: Position(0, None, None), 1: Position(0, None, None)}))
            assert ahead.take(RecordBatch(partition, [7], [b"bad"]))
            with pytest.raises(PendingBatchRejected):
                await ahead.settle()
        ahead.begin(ahead.heard)
        assert [ahead.take(RecordBatch(partition, [7], [b"bad"])) for partition in (0, 1)] == [False, False]


class Refusing:
    async def store(
        self, moved: AdvancedPositions, effects: Callable[[Session], Awaitable[None]], heard: ConsumerState
    ) -> None:
        raise CannotBeFolded("one of them")


class Taking:
    def take(self, stretch: RecordBatch, after: int, history: str) -> str | None:
        return "an id"

    async def store(self, session: Session) -> None:
        return


class Held:
    """An inbox that notes how many events each store had."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    async def store(self, moved: AdvancedPositions, effects: Any, heard: ConsumerState) -> None:
        self.sizes.append(sum(moved.numbers.values()))


class TestSizeOfAStore:
    async def test_with_a_backlog_to_come_it_waits_until_enough_is_held(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("shared.messaging.pipelined.PENDING_AT_MOST", 5)
        inbox = Held()
        ahead = PipelinedFold(inbox, Taking)
        ahead.begin(ConsumerState({PARTITION: Position(0, None, None)}))

        for _ in range(4):
            assert ahead.take(RecordBatch(PARTITION, [1, 2], [b"", b""]))
            await ahead.go_on(more=True)
            await asyncio.sleep(0)

        assert inbox.sizes == [6]
        await ahead.settle()
        assert inbox.sizes == [6, 2]

    async def test_in_quiet_times_it_does_not_wait(self) -> None:
        inbox = Held()
        ahead = PipelinedFold(inbox, Taking)
        ahead.begin(ConsumerState({PARTITION: Position(0, None, None)}))

        for _ in range(2):
            assert ahead.take(RecordBatch(PARTITION, [1], [b""]))
            await ahead.go_on()
            await asyncio.sleep(0)

        assert inbox.sizes == [1, 1]

    async def test_far_behind_is_what_the_heads_name_beyond_what_is_held(
        self, world: Stretches, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("shared.messaging.consumer.BACKLOG", 3)
        world.say(3)
        world.give(1, 2, 3)
        consumer = world.consumer(database)
        await consumer.begin()
        assert consumer.ahead is not None

        assert consumer.is_far_behind(consumer.ahead)
        await step(consumer)

        assert not consumer.is_far_behind(consumer.ahead)
        assert world.ahead == [1, 2, 3]


class TestLines:
    """All of a stretch in one call, where that comes to the same."""

    class Seq(LeanDecoder, tag="any", gc=False):
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
        assert sequences(first, number) == [codec.sequence_of(seq) for seq in range(first, first + number)]


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
    def test_refuses_what_is_not_plainly_next(self, world: Stretches, changes: dict[str, str]) -> None:
        world.say(2)
        found = [msgspec.json.decode(value, type=codec.Envelope) for value in world.values]
        asked = {"source": SOURCE, "history": str(world.history)}
        assert follows_plainly(found, 0, **asked)
        assert not follows_plainly([found[0], msgspec.structs.replace(found[1], **changes)], 0, **asked)
