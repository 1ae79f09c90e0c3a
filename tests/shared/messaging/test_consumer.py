"""The consumer: what comes twice counts once, what is missing is fetched, what cannot be folded stops nothing else."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import func, select, update

from services.blanks.main import service
from shared.base.errors import Unavailable
from shared.base.ids import new_id
from shared.db import Database, Session
from shared.events import codec
from shared.events.recording.recordings import CapturedItem, RecordingsCaptured
from shared.messaging.consumer import Consumer, SourceStopped
from shared.messaging.inbox import (
    CannotBeFolded,
    DatabaseInbox,
    PositionConflict,
    ReceivedEvent,
    malformed_record,
    parked_event,
    position,
    source_state,
)
from shared.messaging.transports import Incoming, SeekPosition
from shared.messaging.transports.end_offsets import EndOffset, EndOffsets
from shared.service import Service

PARTITION = 3
SOURCE = "recording"


class FakePublisher:
    """A publisher's log in memory, a bus that gives what it is told to, and a fold that counts."""

    def __init__(self) -> None:
        self.histories, self.values = [new_id()], list[bytes]()
        self.bus: list[list[Incoming]] = []
        self.folded: list[int] = []
        self.bad: set[int] = set()
        self.results: dict[str, int] = {}
        self.asked = self.began_after = 0

    @property
    def history(self) -> UUID:
        return self.histories[-1]

    @history.setter
    def history(self, id: UUID) -> None:
        self.histories.append(id)

    def say(self, number: int = 1) -> None:
        for _ in range(number):
            self.values.append(self.value(len(self.values) + 1))

    def value(self, seq: int, **changes: Any) -> bytes:
        item = CapturedItem(recording=new_id(), area="61.03.01", captured_on=date(2018, 11, 20))
        data = msgspec.json.encode(RecordingsCaptured(district="61.03", items=(item,))).decode()
        row = SimpleNamespace(
            seq=seq, known_at=datetime(2018, 11, 30, 5, tzinfo=UTC), event_id=new_id(), type=RecordingsCaptured.type,
            subject="x", home="61.03", data=data, traceparent=None,
        )  # fmt: skip
        found = msgspec.json.decode(codec.encode(row, SOURCE, self.history))
        return msgspec.json.encode({**found, **changes})

    def give(self, *seqs: int) -> None:
        """What the bus gives at the next read."""
        self.bus.append([Incoming(PARTITION, seq + 100, self.values[seq - 1]) for seq in seqs])

    def record(self, offset: int, value: bytes | None) -> Incoming:
        return Incoming(PARTITION, offset, value)

    # the bus
    async def seek(self, positions: Mapping[int, SeekPosition]) -> None:
        return

    async def read(self) -> Sequence[Incoming]:
        return self.bus.pop(0) if self.bus else []

    async def close(self) -> None:
        return

    # the feed
    async def end_offsets(self) -> EndOffsets:
        self.asked += 1
        last = codec.read(self.values[-1], SOURCE).id if self.values else None
        end_offsets = {partition: EndOffset(0, None) for partition in range(12)} | {
            PARTITION: EndOffset(len(self.values), last)
        }
        former = dict.fromkeys(self.histories[:-1], dict.fromkeys(range(12), self.began_after))
        return EndOffsets(self.history, former, end_offsets, datetime(2018, 11, 30, 6, tzinfo=UTC))

    async def read_after(self, positions: Mapping[int, SeekPosition]) -> Sequence[Incoming]:
        after = positions[PARTITION].last_seq
        return [Incoming(PARTITION, seq, self.values[seq - 1]) for seq in range(after + 1, len(self.values) + 1)][:4]

    # the fold
    async def fold(self, session: Session, batch: Sequence[ReceivedEvent]) -> None:
        if any(each.origin.seq in self.bad for each in batch):
            raise CannotBeFolded("this one")
        self.folded += [each.origin.seq for each in batch]

    def count(self, _: str, __: int, result: str, number: int) -> None:
        self.results[result] = self.results.get(result, 0) + number

    def consumer(self, database: Database, **options: Any) -> Consumer:
        inbox = DatabaseInbox(database, SOURCE, self.fold, self.count)
        return Consumer(SOURCE, inbox, self, self, count=self.count, **{"heads_seconds": 1e9, **options})


@pytest.fixture
def world() -> FakePublisher:
    return FakePublisher()


@pytest.fixture
async def database(open_database: Callable[[Service], Awaitable[Database]]) -> Database:
    return await open_database(service)


async def applied_seq(database: Database) -> int:
    async with database.read() as session:
        query = select(position.c.last_seq).where(position.c.partition == PARTITION)
        found: int = (await (await session.connection()).execute(query)).scalar_one()
        return found


async def row_count(database: Database, table: Any) -> int:
    async with database.read() as session:
        found: int = (await (await session.connection()).execute(select(func.count()).select_from(table))).scalar_one()
        return found


class TestInSequence:
    async def test_what_comes_twice_counts_once(self, world: FakePublisher, database: Database) -> None:
        world.say(3)
        consumer = world.consumer(database)
        await consumer.begin()
        for seqs in ((1, 2), (1, 2, 3), (3,), (2, 3)):
            world.give(*seqs)
            await consumer.step()
        assert world.folded == [1, 2, 3]
        assert world.results["duplicate"] == 5

    async def test_a_hole_is_filled_from_the_feed(self, world: FakePublisher, database: Database) -> None:
        """P4: nothing beyond the hole is applied before it is filled."""
        world.say(9)
        consumer = world.consumer(database)
        await consumer.begin()
        world.give(1, 2)
        await consumer.step()
        world.give(5, 6)
        await consumer.step()
        assert world.folded == list(range(1, 10))
        assert world.results["early"] == 2

    async def test_a_lost_tail_is_seen_by_the_heads(self, world: FakePublisher, database: Database) -> None:
        world.say(2)
        consumer = world.consumer(database, heads_seconds=0)
        await consumer.begin()
        world.give(1)
        await consumer.step()
        assert world.folded == [1, 2]

    @pytest.mark.parametrize("last", [9, 99, 2**31 - 1, 2**53 - 1])
    async def test_numbers_grow_longer(self, world: FakePublisher, database: Database, last: int) -> None:
        """P4: past 9, 99, 2^31 and 2^53, on the wire and in the database."""
        consumer = world.consumer(database)
        await consumer.inbox.load_state()
        async with database.write() as session:
            await (await session.connection()).execute(update(position).values(last_seq=last - 2))

        async def end_offsets() -> EndOffsets:
            end_offsets = {partition: EndOffset(last + 2, None) for partition in range(12)}
            return EndOffsets(world.history, {}, end_offsets, datetime(2018, 11, 30, 6, tzinfo=UTC))

        world.end_offsets = end_offsets  # type: ignore[method-assign]  # far ahead of what it said itself
        await consumer.begin()
        seqs = range(last - 1, last + 3)
        world.bus.append([Incoming(PARTITION, seq, world.value(seq)) for seq in seqs])
        await consumer.step()
        assert (world.folded, await applied_seq(database)) == (list(seqs), last + 2)

    async def test_a_restart_goes_on(self, world: FakePublisher, database: Database) -> None:
        world.say(4)
        for seqs in ((1, 2), (1, 2, 3, 4)):
            consumer = world.consumer(database)
            await consumer.begin()
            world.give(*seqs)
            await consumer.step()
        assert world.folded == [1, 2, 3, 4]

    async def test_a_zombie_changes_nothing(self, world: FakePublisher, database: Database) -> None:
        """P7: it fetched, was paused, and another one took the same."""
        world.say(3)
        zombie, other = world.consumer(database), world.consumer(database)
        await zombie.begin()
        await other.begin()
        for each in (other, zombie):
            world.give(1, 2, 3)
            await each.step()
        assert world.folded.count(1) <= 2  # folded in a transaction that was rolled back
        assert await applied_seq(database) == 3
        assert world.results["applied"] == 3


class TestParking:
    async def test_one_bad_event_stops_no_other(self, world: FakePublisher, database: Database) -> None:
        """P13, B162."""
        world.say(5)
        world.bad = {2, 4}
        consumer = world.consumer(database)
        await consumer.begin()
        world.give(1, 2, 3, 4, 5)
        await consumer.step()
        assert (world.folded, await applied_seq(database), await row_count(database, parked_event)) == ([1, 3, 5], 5, 2)

    async def test_unparked_they_fold_in_order(self, world: FakePublisher, database: Database) -> None:
        world.say(5)
        world.bad = {2, 4}
        consumer = world.consumer(database)
        await consumer.begin()
        world.give(1, 2, 3, 4, 5)
        await consumer.step()
        world.bad = {4}
        inbox = DatabaseInbox(database, SOURCE, world.fold, world.count)
        done = await inbox.unpark()
        assert (done.folded, done.left, world.folded) == (1, 1, [1, 3, 5, 2])

    @pytest.mark.parametrize(
        ("number", "changes"),
        [
            ("B152", {"type": "rekap.recording.nothing.v1"}),
            ("B153", {"type": "rekap.recording.recordings.captured.v2"}),
            ("B154", {"data": {}}),
            ("B155", {"data": {"district": 5, "items": []}}),
            ("B159", {"time": "9999-01-01T00:00:00Z"}),
        ],
    )
    async def test_what_cannot_be_read_is_parked(
        self, world: FakePublisher, database: Database, number: str, changes: dict[str, Any]
    ) -> None:
        world.say(2)
        world.values[0] = world.value(1, **changes)
        consumer = world.consumer(database)
        await consumer.begin()
        world.give(1, 2)
        await consumer.step()
        assert (world.folded, await row_count(database, parked_event)) == ([2], 1), number

    async def test_what_may_pass_is_never_parked(self, world: FakePublisher, database: Database) -> None:
        world.say(1)
        consumer = world.consumer(database)
        await consumer.begin()

        async def away(session: Session, batch: Sequence[ReceivedEvent]) -> None:
            raise Unavailable

        consumer.inbox.fold = away  # type: ignore[attr-defined]  # the database's own inbox
        world.give(1)
        with pytest.raises(Unavailable):
            await consumer.step()
        assert (await applied_seq(database), await row_count(database, parked_event)) == (0, 0)


class TestMalformedRecords:
    @pytest.mark.parametrize("value", [b"not json", None, b"{}", b"\x00" * 100])
    async def test_are_kept_and_move_nothing(
        self, world: FakePublisher, database: Database, value: bytes | None
    ) -> None:
        """B149-B151, B158."""
        world.say(1)
        consumer = world.consumer(database)
        await consumer.begin()
        for _ in range(2):
            world.bus.append([Incoming(PARTITION, 7, value)])
            await consumer.step()
        assert (await applied_seq(database), await row_count(database, malformed_record)) == (0, 1)
        world.give(1)
        await consumer.step()
        assert world.folded == [1]


class TestRewrittenLog:
    async def state(self, database: Database) -> str:
        async with database.read() as session:
            found: str = (await (await session.connection()).execute(select(source_state.c.state))).scalar_one()
            return found

    async def heard(self, world: FakePublisher, database: Database, **options: Any) -> Consumer:
        world.say(3)
        consumer = world.consumer(database, **options)
        await consumer.begin()
        world.give(1, 2, 3)
        await consumer.step()
        return consumer

    async def test_a_head_below_our_position_stops_the_source(self, world: FakePublisher, database: Database) -> None:
        """B156: restored from a backup."""
        consumer = await self.heard(world, database, heads_seconds=0)
        del world.values[1:]
        with pytest.raises(SourceStopped):
            await consumer.step()
        assert await self.state(database) == "stopped"
        with pytest.raises(SourceStopped):
            await world.consumer(database).begin()

    async def test_the_same_number_with_another_id_stops_it(self, world: FakePublisher, database: Database) -> None:
        consumer = await self.heard(world, database)
        world.bus.append([Incoming(PARTITION, 3, world.value(3))])
        with pytest.raises(SourceStopped):
            await consumer.step()

    async def test_another_history_stops_a_read_model(self, world: FakePublisher, database: Database) -> None:
        consumer = await self.heard(world, database, heads_seconds=0)
        world.history = new_id()
        with pytest.raises(SourceStopped):
            await consumer.step()

    async def test_a_leftover_of_an_earlier_history_is_skipped(self, world: FakePublisher, database: Database) -> None:
        consumer = await self.heard(world, database)
        former = world.value(4, history=str(UUID("01988f00-0000-7000-8000-000000000001")))
        world.bus.append([Incoming(PARTITION, 104, former)])
        await consumer.step()
        assert world.results["former"] == 1
        assert await applied_seq(database) == 3

    async def test_a_room_that_decides_goes_on_where_it_begins(self, world: FakePublisher, database: Database) -> None:
        consumer = await self.heard(world, database, heads_seconds=0, continue_on_new_epoch=True)
        world.history = new_id()
        world.values = [world.value(seq) for seq in (1, 2)]
        await consumer.step()
        assert world.results["beyond"] == 3
        assert await self.state(database) == "running"

    async def test_stopped_it_goes_on_once_a_new_history_begins(self, world: FakePublisher, database: Database) -> None:
        """The source was restored and ran before somebody gave it a new history."""
        consumer = await self.heard(world, database, heads_seconds=0, continue_on_new_epoch=True)
        world.values = [world.value(seq) for seq in (1, 2)]
        with pytest.raises(SourceStopped):
            await consumer.step()
        with pytest.raises(SourceStopped):
            await world.consumer(database, continue_on_new_epoch=True).begin()
        world.history = new_id()
        world.values = [world.value(seq) for seq in (1, 2)]
        with pytest.raises(SourceStopped):  # a read model waits for its rebuild
            await world.consumer(database).begin()
        await world.consumer(database, continue_on_new_epoch=True).begin()
        assert await self.state(database) == "running"

    async def test_nobody_guesses_where_an_unknown_history_ended(
        self, world: FakePublisher, database: Database
    ) -> None:
        """The source was put back to a copy older than the history a room had gone on in."""
        consumer = await self.heard(world, database, heads_seconds=0, continue_on_new_epoch=True)
        world.histories = [new_id()]
        with pytest.raises(SourceStopped, match="does not know"):
            await consumer.step()
        assert await applied_seq(database) == 3


class TestTwoConsumersAtANewEpoch:
    """Two consumers of one room meet while a new history begins. Each case was found by the simulation."""

    async def two(self, world: FakePublisher, database: Database) -> tuple[Consumer, Consumer]:
        world.say(5)
        consumers = [world.consumer(database, continue_on_new_epoch=True) for _ in range(2)]
        for consumer in consumers:
            await consumer.begin()
        world.give(1, 2, 3)
        await consumers[0].step()
        consumers[1].state = await consumers[1].inbox.load_state()
        return consumers[0], consumers[1]

    def restore(self, world: FakePublisher, kept: int) -> None:
        world.history, world.began_after = new_id(), kept
        world.values = [world.value(seq) for seq in range(1, 6)]

    async def test_a_batch_of_the_former_history_is_refused(self, world: FakePublisher, database: Database) -> None:
        """The position has the same number, but it is another position."""
        one, zombie = await self.two(world, database)
        former = [Incoming(PARTITION, 104, world.values[3])]
        in_hand, _ = await zombie.in_sequence(former, from_bus=True)
        self.restore(world, kept=3)
        await one.refresh_end_offsets()
        with pytest.raises(PositionConflict):
            await zombie.inbox.take(in_hand, zombie.state)
        assert await applied_seq(database) == 3

    async def test_only_one_moves_back(self, world: FakePublisher, database: Database) -> None:
        one, other = await self.two(world, database)
        self.restore(world, kept=1)
        await one.refresh_end_offsets()
        world.give(2, 3)
        await one.step()
        with pytest.raises(PositionConflict):
            await other.refresh_end_offsets()
        assert await applied_seq(database) == 3

    async def test_a_stop_said_of_the_former_history_does_not_stand(
        self, world: FakePublisher, database: Database
    ) -> None:
        one, late = await self.two(world, database)
        self.restore(world, kept=1)
        await one.refresh_end_offsets()
        with pytest.raises(PositionConflict):
            await late.stop_source("partition 3 ends at 1, we had heard 3")
        await world.consumer(database, continue_on_new_epoch=True).begin()

    async def test_what_the_other_one_heard_is_moved_back_too(self, world: FakePublisher, database: Database) -> None:
        one, behind = await self.two(world, database)
        world.give(4, 5)
        await one.step()
        self.restore(world, kept=3)
        await behind.refresh_end_offsets()
        assert await applied_seq(database) == 3
        assert world.results["beyond"] == 2


class TestContinueOnNewEpoch:
    async def test_reads_again_what_it_had_in_hand(self, world: FakePublisher, database: Database) -> None:
        """Found by the simulation: a batch that ran over into a new history lost its first events."""
        world.say(3)
        consumer = world.consumer(database, continue_on_new_epoch=True)
        await consumer.begin()
        world.give(1, 2, 3)
        await consumer.step()
        world.history, world.began_after = new_id(), 1
        world.values[1:] = [world.value(seq) for seq in (2, 3, 4)]
        for _ in range(2):
            world.give(2, 3, 4)
            await consumer.step()
        assert world.folded == [1, 2, 3, 2, 3, 4]

    async def test_once_stopped_it_waits_for_the_new_history(self, world: FakePublisher, database: Database) -> None:
        world.say(3)
        consumer = world.consumer(database, continue_on_new_epoch=True, heads_seconds=0)
        await consumer.begin()
        world.give(1, 2, 3)
        await consumer.step()
        del world.values[1:]
        for _ in range(2):
            with pytest.raises(SourceStopped):
                await consumer.step()
            consumer = world.consumer(database, continue_on_new_epoch=True)
            with pytest.raises(SourceStopped):
                await consumer.begin()
        world.history, world.began_after = new_id(), 1
        await world.consumer(database, continue_on_new_epoch=True).begin()
        assert await applied_seq(database) == 1


class TestCompleteness:
    async def test_says_until_when_all_is_in(self, world: FakePublisher, database: Database) -> None:
        world.say(2)
        consumer = world.consumer(database)
        await consumer.begin()
        world.give(1)
        await consumer.step()
        until = select(position.c.complete_until).where(position.c.partition == PARTITION)
        async with database.read() as session:
            assert (await (await session.connection()).execute(until)).scalar_one() is None
        world.give(2)
        await consumer.step()
        async with database.read() as session:
            found = (await (await session.connection()).execute(until)).scalar_one()
        assert found == datetime(2018, 11, 30, 6, tzinfo=UTC)
