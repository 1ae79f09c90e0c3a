"""P1 to P3: every committed change becomes an event and no other does; nothing stalls; a subject keeps its order."""

import asyncio
import contextlib
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import date
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

import asyncpg
import pytest
from sqlalchemy import select
from sqlalchemy.engine import make_url as url_of

from services.recording.main import service
from shared.base.ids import new_id
from shared.db import Database, lock_id
from shared.events.recording.recordings import CapturedItem, RecordingsCaptured
from shared.messaging import outbox
from shared.messaging.publisher import DatabasePublisherStore, Publisher
from shared.messaging.transports import Outgoing
from tests.conftest import MakeUrl
from tests.faults import results
from tests.faults.conftest import SEED

WRITERS = 16
DISTRICTS = [f"61.{number:02}" for number in range(1, 13)]


@pytest.fixture
async def open_many_connections(make_url: MakeUrl) -> AsyncIterator[Callable[[], Awaitable[Database]]]:
    """Call it for a pool of its own to the same database, as another process has it."""
    url = await make_url(service)
    opened: list[Database] = []

    async def opener() -> Database:
        opened.append(Database(url, publishes=service.publishes, pool_size=WRITERS + 5))
        await opened[-1].open()
        return opened[-1]

    yield opener
    for database in opened:
        await database.close()


def event(district: str, about: UUID | None = None) -> RecordingsCaptured:
    item = CapturedItem(recording=about or new_id(), area=f"{district}.01", captured_on=date(2018, 11, 20))
    return RecordingsCaptured(district=district, items=(item,))


class RecordingLog:
    """A log that keeps what lands in it."""

    def __init__(self) -> None:
        self.landed: dict[int, list[int]] = defaultdict(list)

    async def append(self, partition: int, records: Sequence[Outgoing]) -> bool:
        await asyncio.sleep(random.random() / 500)
        self.landed[partition] += [record.seq for record in records]
        return True

    async def close(self) -> None:
        return


@contextlib.asynccontextmanager
async def publishing(*databases: Database, log: RecordingLog | None = None) -> AsyncIterator[None]:
    """A publisher in each, until everything is numbered and handed over."""
    publishers = [
        Publisher(DatabasePublisherStore(database, "recording"), log or RecordingLog()) for database in databases
    ]
    tasks = [asyncio.create_task(publisher.run()) for publisher in publishers]
    try:
        yield
        async with asyncio.timeout(60):
            while await publishers[0].assign_sequence() or await publishers[0].publish_pages():
                pass
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def rows(database: Database) -> list[Any]:
    """The outbox in order of seq, partition by partition."""
    async with database.read() as session:
        number, said = outbox.outbox_sequence, outbox.outbox
        query = select(said, number.c.seq, number.c.known_at).join(number, number.c.outbox_id == said.c.id)
        query = query.order_by(number.c.partition, number.c.seq)
        return list((await (await session.connection()).execute(query)).all())


def out_of_order_count(found: list[Any]) -> int:
    """How many got their number after one whose row was written later."""
    number, newest = 0, dict[int, int]()
    for row in found:
        number += row.id < newest.get(row.partition, 0)
        newest[row.partition] = max(newest.get(row.partition, 0), row.id)
    return number


class RolledBack(Exception):
    pass


class TestCommitted:
    """P1."""

    @pytest.mark.timeout(300)
    async def test_becomes_an_event_and_nothing_else_does(
        self, open_many_connections: Callable[[], Awaitable[Database]]
    ) -> None:
        database, other = await open_many_connections(), await open_many_connections()
        longest_ms = 4 if database.is_sqlite else 200  # one writer at a time there: nobody can be late
        committed: list[str] = []

        async def write(number: int) -> None:
            chance = random.Random(SEED + number)
            for count in range(results.size_for_run(90, 2_000)):
                with contextlib.suppress(RolledBack):
                    async with database.write() as session:
                        outbox.add_event(session, event(chance.choice(DISTRICTS)), subject=f"{number}-{count}")
                        await outbox.insert_pending(session)
                        await asyncio.sleep(chance.random() * longest_ms / 1000)
                        if chance.random() < 0.1:
                            raise RolledBack
                    committed.append(f"{number}-{count}")

        async with publishing(other):
            await asyncio.gather(*(write(number) for number in range(WRITERS)))
        found = await rows(database)
        where = "SQLite" if database.is_sqlite else "PostgreSQL"
        told = {row.subject for row in found}
        results.check_at_most("P1", f"{where}: committed without an event", len(set(committed) - told), 0, seed=SEED)
        results.check_at_most("P1", f"{where}: events without a commit", len(told - set(committed)), 0, seed=SEED)
        assert len(found) == len(committed)
        if not database.is_sqlite:
            results.check_at_most("P1", f"{where}: late commits", out_of_order_count(found), 100, seed=SEED, least=True)


class TestLongTransactions:
    """P2."""

    @pytest.mark.timeout(200)
    @pytest.mark.parametrize("back_end", ["postgres"], indirect=True)
    async def test_elsewhere_do_not_stall_publishing(
        self, open_many_connections: Callable[[], Awaitable[Database]]
    ) -> None:
        database, other = await open_many_connections(), await open_many_connections()
        number = results.size_for_run(300, 3_000)
        long = foreign_transaction(database.url, "postgres"), foreign_transaction(database.url, None)
        async with publishing(other), long[0], long[1], database.write() as session:
            outbox.add_event(session, event("61.03"), subject="late")  # and one that holds an id
            await outbox.insert_pending(session)
            for count in range(number):
                await add_one(database, DISTRICTS[count % 12], f"{count}")
                await asyncio.sleep(0.02)
                if count % 100 == 0:  # the product's own limit for an idle transaction is ten seconds
                    await (await session.connection()).exec_driver_sql("SELECT 1")
        found = await rows(database)
        ages = sorted(age(row) for row in found if row.subject != "late")
        assert len(found) == number + 1
        results.check_seconds("P2", "age of events beside long transactions, p99", ages[int(len(ages) * 0.99)], 1.0)


@contextlib.asynccontextmanager
async def foreign_transaction(url: str, database: str | None) -> AsyncIterator[None]:
    """A transaction with an id, open in a database of the same server, by default this one."""
    there = url_of(url).set(drivername="postgresql")
    there = there.set(database=database) if database else there
    connection = await asyncpg.connect(there.render_as_string(hide_password=False))
    try:
        async with connection.transaction():
            await connection.execute("SELECT txid_current()")
            yield
    finally:
        await connection.close()


async def add_one(database: Database, district: str, subject: str) -> None:
    async with database.write() as session:
        outbox.add_event(session, event(district), subject=subject)


def age(row: Any) -> float:
    """Seconds between the making of an event and its number: an id of version 7 begins with its instant."""
    return float(row.known_at.timestamp() - int(row.event_id.hex[:12], 16) / 1000)


class TestTwoPublishers:
    """P3."""

    @pytest.mark.timeout(200)
    async def test_keep_the_order_of_a_subject(self, open_many_connections: Callable[[], Awaitable[Database]]) -> None:
        database, one, other = (
            await open_many_connections(),
            await open_many_connections(),
            await open_many_connections(),
        )
        said: dict[str, int] = defaultdict(int)
        log = RecordingLog()

        async def write(number: int) -> None:
            chance = random.Random(SEED + number)
            for _ in range(results.size_for_run(1_200, 10_000) // WRITERS):
                subject = f"{chance.randrange(50)}"
                async with database.write() as session:
                    await lock_id(session, uuid5(NAMESPACE_OID, subject))  # lock first, insert last
                    said[subject] += 1
                    about = UUID(int=said[subject])
                    outbox.add_event(session, event(DISTRICTS[int(subject) % 12], about), subject=subject)

        async with publishing(one, other, log=log):
            await asyncio.gather(*(write(number) for number in range(WRITERS)))
        last: dict[str, str] = defaultdict(str)
        inversions = 0
        for row in await rows(database):
            inversions += row.data <= last[row.subject]
            last[row.subject] = row.data
        where = "SQLite" if database.is_sqlite else "PostgreSQL"
        results.check_at_most("P3", f"{where}: inversions with two publishers", inversions, 0, seed=SEED)
        assert all(first_seen(seqs) == list(range(1, len(set(seqs)) + 1)) for seqs in log.landed.values())


def first_seen(seqs: list[int]) -> list[int]:
    """Without what came again."""
    return list(dict.fromkeys(seqs))
