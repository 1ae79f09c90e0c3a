"""The outbox: every committed event gets the next number of its partition, in order of its subject; no other does."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import msgspec
import pytest
from sqlalchemy import select

from services.recording.main import service
from shared.base.errors import Unavailable
from shared.base.ids import new_id
from shared.db import Database
from shared.events.blanks.requisitions import RequisitionClosed
from shared.events.recording.recordings import CapturedItem, RecordingsCaptured
from shared.messaging import feed_routes, outbox
from shared.messaging.outbox import SequencedEvent, partition_states, read_events_after
from shared.messaging.publisher import DatabasePublisherStore, Publisher, concurrently
from shared.messaging.sequencing import assign_sequence
from shared.messaging.transports import http_feed
from shared.service import Service
from tests.conftest import FrozenClock

DISTRICTS = [f"61.{number:02}" for number in range(1, 13)]


@pytest.fixture
async def database(open_database: Callable[[Service], Awaitable[Database]]) -> Database:
    return await open_database(service)


def event(district: str = "61.03") -> RecordingsCaptured:
    item = CapturedItem(recording=new_id(), area=f"{district}.01", captured_on=date(2018, 11, 20))
    return RecordingsCaptured(district=district, items=(item,))


async def add_one(database: Database, district: str = "61.03", subject: str = "one") -> None:
    async with database.write() as session:
        outbox.add_event(session, event(district), subject=subject)


async def sequenced_events(database: Database) -> list[SequencedEvent]:
    async with database.read() as session:
        return [row for partition in range(12) for row in await read_events_after(session, partition, 0, limit=100_000)]


async def assign_all(database: Database) -> None:
    while True:
        if not await assign_sequence(database, lambda: datetime(2018, 11, 30, 5, tzinfo=UTC)):
            return


async def published_total(database: Database) -> int:
    async with database.read() as session:
        return sum(each.mark for each in await partition_states(await session.connection()))


def is_dense(rows: list[SequencedEvent]) -> bool:
    by_partition: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        by_partition[row.partition].append(row.seq)
    return all(seqs == list(range(1, len(seqs) + 1)) for seqs in by_partition.values())


class TestAdd:
    async def test_refuses_what_is_not_on_the_door_plate(self, database: Database) -> None:
        closed = RequisitionClosed(district="61.03", id=new_id(), area="61.03", occurred_on=date(2018, 11, 20))
        async with database.write() as session:
            with pytest.raises(outbox.UndeclaredEvent):
                outbox.add_event(session, closed, subject="x")

    async def test_refuses_what_fails_its_own_schema(self, database: Database) -> None:
        """Constructors check nothing."""
        async with database.write() as session:
            with pytest.raises(msgspec.ValidationError):
                outbox.add_event(session, event("Sanggau"), subject="x")

    async def test_a_rolled_back_event_was_never_said(self, database: Database) -> None:
        async def fail() -> None:
            async with database.write() as session:
                outbox.add_event(session, event(), subject="x")
                raise RuntimeError("no")

        with pytest.raises(RuntimeError, match="no"):
            await fail()
        await add_one(database)
        await assign_all(database)
        assert [row.seq for row in await sequenced_events(database)] == [1]


class TestSequencing:
    async def test_what_was_known_is_a_prefix_whatever_the_clock_does(self, database: Database) -> None:
        times = [datetime(2018, 11, 30, hour, tzinfo=UTC) for hour in (5, 3, 9, 1)]
        for at in times:
            await add_one(database)
            await assign_sequence(database, FrozenClock(at))
        hours = [row.known_at.hour for row in await sequenced_events(database)]
        assert hours == [5, 5, 9, 9]

    async def test_writers_late_commits_rollbacks_and_two_stampers(self, database: Database) -> None:
        """P1, in plain form: 8 writers; on PostgreSQL some commit long after their row was given its id."""
        expected: list[str] = []
        writing = True

        async def write(number: int) -> None:
            chance = random.Random(number)
            for count in range(15):
                subject, wait, fails = f"{number}-{count}", chance.random() < 0.2, chance.random() < 0.1
                try:
                    async with database.write() as session:
                        outbox.add_event(session, event(chance.choice(DISTRICTS)), subject=subject)
                        await outbox.insert_pending(session)
                        await asyncio.sleep(0.02 if wait and not database.is_sqlite else 0)
                        if fails:
                            raise RuntimeError("rolled back")
                except RuntimeError:
                    continue
                expected.append(subject)

        async def keep_stamping() -> None:
            while writing:
                await assign_sequence(database, lambda: datetime.now(UTC))
                await asyncio.sleep(0.001)

        stampers = [asyncio.create_task(keep_stamping()) for _ in range(2)]
        await asyncio.gather(*(write(number) for number in range(8)))
        writing = False
        await asyncio.gather(*stampers)
        await assign_all(database)
        rows = await sequenced_events(database)
        assert sorted(row.subject for row in rows) == sorted(expected)
        assert is_dense(rows)

    async def test_a_subjects_events_keep_their_order(self, database: Database) -> None:
        for count in range(30):
            await add_one(database, subject=f"{count:02}")
            if count % 7 == 0:
                await assign_all(database)
        await assign_all(database)
        subjects = [row.subject for row in await sequenced_events(database)]
        assert subjects == sorted(subjects)


class MemoryLog:
    """Keeps what it is given; unknown outcomes may have landed or not."""

    def __init__(self, *outcomes: str) -> None:
        self.outcomes, self.landed = list(outcomes), defaultdict[int, list[int]](list)

    async def append(self, partition: int, records: object) -> bool:
        outcome = self.outcomes.pop(0) if self.outcomes else "acked"
        if outcome != "lost":
            self.landed[partition] += [record.seq for record in records]  # type: ignore[attr-defined]  # Outgoing
        return outcome == "acked"

    async def close(self) -> None:
        return


class TestPublisher:
    async def test_marks_only_what_was_acknowledged(self, database: Database, frozen_clock: FrozenClock) -> None:
        for _ in range(3):
            await add_one(database)
        log = MemoryLog("lost", "landed, not acknowledged", "acked")
        publisher = Publisher(DatabasePublisherStore(database, "recording"), log)
        await publisher.assign_sequence()
        marks = []
        for _ in range(3):
            await publisher.publish_pages()
            marks.append(await published_total(database))
        assert marks == [0, 0, 3]
        [landed] = log.landed.values()
        assert landed == [1, 2, 3, 1, 2, 3]  # doubled in the log, told apart by seq

    async def test_two_at_once_are_harmless(self, database: Database, frozen_clock: FrozenClock) -> None:
        for district in DISTRICTS:
            await add_one(database, district)
        log = MemoryLog()
        publishers = [Publisher(DatabasePublisherStore(database, "recording"), log) for _ in range(2)]
        for each in publishers:
            await each.assign_sequence()
        await asyncio.gather(*(each.publish_pages() for each in publishers))
        async with database.read() as session:
            states = await partition_states(await session.connection())
        assert all(state.mark == state.n for state in states)
        assert {seq for seqs in log.landed.values() for seq in seqs} == {
            seq for state in states for seq in range(1, state.n + 1)
        }

    async def test_the_mark_follows_where_the_feed_is_all_there_is(
        self, database: Database, frozen_clock: FrozenClock
    ) -> None:
        store = DatabasePublisherStore(database, "recording", feed_only=True)
        await add_one(database)
        assert await store.assign_sequence() == 1
        assert await published_total(database) == 1  # at once
        await add_one(database)
        await assign_all(database)  # while there was a bus
        frozen_clock.at += timedelta(seconds=10)
        await store.advance_watermark()
        assert await published_total(database) == 2


class TestConcurrently:
    async def test_none_is_left_on_its_way_where_one_fails(self) -> None:
        """Else it would send on with the log of a publisher that has ended."""

        async def fails() -> None:
            raise Unavailable

        async def sends() -> None:
            await asyncio.sleep(60)

        before = asyncio.all_tasks()
        with pytest.raises(ExceptionGroup):
            await concurrently([fails(), sends()])
        assert asyncio.all_tasks() == before


class TestNewEpoch:
    async def test_says_after_which_numbers_it_begins(self, database: Database) -> None:
        await add_one(database)
        await assign_all(database)
        async with database.write() as session:
            id = await outbox.start_epoch(session, reason="restored")
        async with database.read() as session:
            query = select(outbox.epoch_table).order_by(outbox.epoch_table.c.number.desc())
            row = (await (await session.connection()).execute(query)).first()
        assert row is not None
        assert row.id == id
        assert sum(msgspec.json.decode(row.began_after)) == 1

    def test_who_slept_through_one_left_at_the_lower_beginning(self) -> None:
        """Found by the simulation: restored twice between two looks, a source named only its last beginning."""
        ids = [new_id() for _ in range(4)]
        began_after = ([0, 0], [3, 8], [5, 6], [4, 7])
        found = outbox.common_prefix(list(zip(ids, began_after, strict=True)))
        assert found == {ids[2]: [4, 7], ids[1]: [4, 6], ids[0]: [3, 6]}
        assert outbox.common_prefix([(ids[0], [0, 0])]) == {}


class TestEndOffsets:
    async def test_name_the_former_histories(self, database: Database) -> None:
        await add_one(database)
        await assign_all(database)
        async with database.write() as session:
            await outbox.start_epoch(session, reason="restored")
        state = SimpleNamespace(database=database, service=service)
        answer = await feed_routes.get_end_offsets(SimpleNamespace(app=SimpleNamespace(state=state)), None)  # type: ignore[arg-type]  # what it needs of a request
        heads = msgspec.json.decode(answer.body, type=http_feed.EndOffsetsAnswer)
        assert [sum(each.until) for each in heads.former] == [1]
        assert heads.former[0].history != heads.history

    async def test_what_is_stamped_later_is_known_later_whatever_the_clock_does(
        self, database: Database, frozen_clock: FrozenClock
    ) -> None:
        """Found by the simulation: a clock put back right after the heads were asked for."""
        state = SimpleNamespace(database=database, service=service)
        answer = await feed_routes.get_end_offsets(SimpleNamespace(app=SimpleNamespace(state=state)), None)  # type: ignore[arg-type]  # what it needs of a request
        at = msgspec.json.decode(answer.body, type=http_feed.EndOffsetsAnswer).at
        assert at == frozen_clock.at
        frozen_clock.at -= timedelta(hours=1)
        await add_one(database)
        await assign_sequence(database, frozen_clock)
        async with database.read() as session:
            states = await partition_states(await session.connection())
        assert min(each.known_at for each in states if each.known_at) >= at


class TestReadBehind:
    async def test_is_in_order_whatever_way_the_planner_takes(self, database: Database) -> None:
        """On PostgreSQL a hash join gives rows in the outbox's order, where partitions alternate."""
        districts = [DISTRICTS[index % len(DISTRICTS)] for index in range(600)]
        async with database.write() as session:
            for district in districts:
                outbox.add_event(session, event(district), subject=district)
        await assign_all(database)
        if not database.is_sqlite:
            async with database.raw_connection() as driver:
                await driver.execute("ANALYZE")
                await driver.execute("SET enable_mergejoin = off")
                await driver.execute("SET enable_nestloop = off")
                await driver.execute("SET enable_sort = off")
        found = await outbox.read_unpublished(database, 1000)
        assert [each.partition for each in found] == sorted({outbox.partition_of(district) for district in districts})
        assert is_dense([row for each in found for row in each.rows])
        assert sum(len(each.rows) for each in found) == len(districts)
