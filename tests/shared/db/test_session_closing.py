"""Closing: when a database is closed, nothing of it goes on."""

import asyncio
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from shared.db import Database

# so long that it is at work when its caller is gone
SLOW_QUERY = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000) SELECT count(*) FROM n"


async def run_slow_query(database: Database, begun: asyncio.Event) -> None:
    async with database.autocommit() as connection:
        begun.set()
        await connection.execute(text(SLOW_QUERY))


@pytest.mark.parametrize("callers", [1, 3])
async def test_no_thread_is_left_of_whoever_was_cancelled(
    tmp_path: Path, callers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.db.session.BUSY_SECONDS", 60)  # as long as a busy machine needs
    before = set(threading.enumerate())
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'one.db'}")
    await database.open()
    async with database.write():
        pass  # makes the file
    begun = [asyncio.Event() for _ in range(callers)]
    tasks = [asyncio.create_task(run_slow_query(database, each)) for each in begun]
    for each in begun:
        await each.wait()
    await asyncio.sleep(0.05)
    for _ in range(2):  # the second time while SQLAlchemy waits for its connection to end
        for task in tasks:
            task.cancel()
        await asyncio.sleep(0.01)
    await asyncio.wait(tasks)

    await database.close()

    left = [thread for thread in set(threading.enumerate()) - before if "_connection_worker" in thread.name]
    assert left == []
