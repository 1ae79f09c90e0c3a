"""Leader lock: of several replicas one publishes and one folds, by a session advisory lock; the lock only saves work.

Whoever holds the lock or waits for it also terminates stalled sessions: those of a process paused between the two
halves of a statement may hold row locks for ever.
"""

import asyncio
import contextlib
import logging
import zlib
from collections.abc import Awaitable, Callable

import asyncpg
from sqlalchemy.engine import make_url

from shared.db import DRIVER_ERRORS
from shared.db.engines import POSTGRES_SETTINGS

RETRY_SECONDS = 1.0
HEARTBEAT_SECONDS = 1.0
IDLE_MILLISECONDS = "5000"  # a paused process loses the lock after this: the kernel would keep it alive for ever
APPLICATION_NAME, STATEMENT_MILLISECONDS = POSTGRES_SETTINGS["application_name"], POSTGRES_SETTINGS["statement_timeout"]
TERMINATE_STALLED_SESSIONS = f"""
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND usename = current_user AND application_name = '{APPLICATION_NAME}'
  AND state = 'active' AND wait_event = 'ClientRead'
  AND query_start < clock_timestamp() - interval '{STATEMENT_MILLISECONDS} ms'
"""

logger = logging.getLogger(__name__)


async def run_as_leader(database_url: str, name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Do the work while nobody else does; stop it when the lock is lost. Returns when the work ends.

    Needs a direct connection, no transaction pooler. On SQLite there is one process, so the work just begins.
    Raises what the work raises; OSError and asyncpg errors while the database is away.
    """
    if make_url(database_url).get_backend_name() == "sqlite":
        await work()
        return
    connection = await asyncpg.connect(
        make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False),
        timeout=4,
        command_timeout=4,
        server_settings={
            "application_name": APPLICATION_NAME,
            "idle_session_timeout": IDLE_MILLISECONDS,
            "idle_in_transaction_session_timeout": IDLE_MILLISECONDS,
        },
    )
    try:
        while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", zlib.crc32(name.encode())):
            await terminate_stalled_sessions(connection)
            await asyncio.sleep(RETRY_SECONDS)
        await run_until_first_ends(work(), keep_alive(connection))
    finally:
        with contextlib.suppress(*DRIVER_ERRORS):
            await connection.close(timeout=1)


async def keep_alive(connection: asyncpg.Connection) -> None:
    """Ends with the error that the lost connection gives."""
    while True:
        await terminate_stalled_sessions(connection)
        await asyncio.sleep(HEARTBEAT_SECONDS)


async def terminate_stalled_sessions(connection: asyncpg.Connection) -> None:
    """End our sessions whose process was paused between the two halves of a statement.

    With a statement parsed and not bound, or a COPY begun and not filled, a session is neither idle nor at work: no
    timeout of PostgreSQL ends it. Nothing of ours is at it for longer than the statement timeout.
    """
    if ended := await connection.fetchval(TERMINATE_STALLED_SESSIONS):
        logger.warning("ended %d sessions of a process that was paused in the midst of a statement", ended)


async def run_until_first_ends(*works: Awaitable[object]) -> None:
    """Run all; when one ends, cancel the others and raise what it raised."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
