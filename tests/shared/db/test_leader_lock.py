"""Turns on PostgreSQL: what a paused process holds is freed, whatever it was in the midst of."""

import asyncio
import contextlib
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest
from sqlalchemy import text

from services.recording.main import service
from shared.db import DRIVER_ERRORS, Busy, Database, leader_lock
from shared.service import Service

LOCK_PARTITION_STATE = "LOCK TABLE counter IN SHARE ROW EXCLUSIVE MODE"
LOCK_NAME = "a turn"
WITHIN_SECONDS = 30

pytestmark = pytest.mark.parametrize("back_end", ["postgres"], indirect=True)
Open = Callable[[Service], Awaitable[Database]]


@pytest.fixture
async def database(open_database: Open, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setattr(
        leader_lock,
        "TERMINATE_STALLED_SESSIONS",
        leader_lock.TERMINATE_STALLED_SESSIONS.replace(leader_lock.STATEMENT_MILLISECONDS, "200"),
    )
    monkeypatch.setattr(leader_lock, "HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr(leader_lock, "RETRY_SECONDS", 0.05)
    return await open_database(service)


async def send_half_a_statement(connection: asyncpg.Connection) -> None:
    await connection.prepare("SELECT count(*) FROM counter WHERE n > $1")  # parsed, and never bound
    await asyncio.Event().wait()


async def send_half_a_copy(connection: asyncpg.Connection) -> None:
    async def nothing_yet() -> AsyncIterator[tuple[int, int]]:
        await asyncio.Event().wait()
        yield 0, 0

    await connection.copy_records_to_table("counter", records=nothing_yet(), columns=["partition", "n"])


async def send_nothing(connection: asyncpg.Connection) -> None:
    await asyncio.Event().wait()


@contextlib.asynccontextmanager
async def paused_session(
    database: Database, of: Callable[[asyncpg.Connection], Awaitable[None]]
) -> AsyncIterator[None]:
    """A transaction that holds a lock and went no further, as of a process that was paused."""
    holding = asyncio.Event()

    async def hold() -> None:
        with contextlib.suppress(*DRIVER_ERRORS):
            async with database.raw_connection() as connection, connection.transaction():
                await connection.execute(LOCK_PARTITION_STATE)
                holding.set()
                await of(connection)

    task = asyncio.create_task(hold())
    await holding.wait()
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


@contextlib.asynccontextmanager
async def running_leader(database: Database) -> AsyncIterator[None]:
    async def hold() -> None:
        await asyncio.Event().wait()

    task = asyncio.create_task(leader_lock.run_as_leader(database.url, LOCK_NAME, hold))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def can_lock_now(database: Database) -> bool:
    try:
        async with database.write() as session:
            connection = await session.connection()
            await connection.execute(text("SET LOCAL lock_timeout = '50ms'"))
            await connection.execute(text(LOCK_PARTITION_STATE))
    except Busy:
        return False
    return True


async def wait_until_free(database: Database) -> None:
    while not await can_lock_now(database):  # noqa: ASYNC110 -- the event is in the server
        await asyncio.sleep(0.05)


class TestRunAsLeader:
    @pytest.mark.parametrize("of", [send_half_a_statement, send_half_a_copy])
    async def test_what_a_paused_process_left_half_said_is_ended(
        self, database: Database, of: Callable[[asyncpg.Connection], Awaitable[None]]
    ) -> None:
        async with paused_session(database, of), asyncio.timeout(WITHIN_SECONDS):
            assert not await can_lock_now(database)
            async with running_leader(database):
                await wait_until_free(database)

    async def test_also_by_one_who_waits_for_a_turn(self, database: Database) -> None:
        async with (
            database.raw_connection() as holder,
            paused_session(database, send_half_a_copy),
            asyncio.timeout(WITHIN_SECONDS),
        ):
            await holder.execute(f"SELECT pg_advisory_lock({zlib.crc32(LOCK_NAME.encode())})")
            async with running_leader(database):
                await wait_until_free(database)

    async def test_who_is_between_two_statements_keeps_what_it_holds(self, database: Database) -> None:
        """Until PostgreSQL itself ends it for being idle in a transaction."""
        async with paused_session(database, send_nothing), running_leader(database):
            await asyncio.sleep(0.5)
            assert not await can_lock_now(database)
