"""Turns: of several replicas one publishes and one folds, by a session advisory lock; the lock only saves work."""

import asyncio
import contextlib
import zlib
from collections.abc import Awaitable, Callable

import asyncpg
from sqlalchemy.engine import make_url

from shared.db import DRIVER_ERRORS

RETRY_SECONDS = 1.0
HEARTBEAT_SECONDS = 1.0
IDLE_MILLISECONDS = "5000"  # a paused process loses the lock after this: the kernel would keep it alive for ever


async def in_turn(database_url: str, name: str, work: Callable[[], Awaitable[None]]) -> None:
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
            "idle_session_timeout": IDLE_MILLISECONDS,
            "idle_in_transaction_session_timeout": IDLE_MILLISECONDS,
        },
    )
    try:
        while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", zlib.crc32(name.encode())):  # noqa: ASYNC110 -- the event is in another process
            await asyncio.sleep(RETRY_SECONDS)
        await first_to_end(work(), keep_alive(connection))
    finally:
        with contextlib.suppress(*DRIVER_ERRORS):
            await connection.close(timeout=1)


async def keep_alive(connection: asyncpg.Connection) -> None:
    """Ends with the error that the lost connection gives."""
    while True:
        await connection.fetchval("SELECT 1")
        await asyncio.sleep(HEARTBEAT_SECONDS)


async def first_to_end(*works: Awaitable[None]) -> None:
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
