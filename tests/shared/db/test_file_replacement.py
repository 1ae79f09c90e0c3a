"""Files replaced under a running service: nobody reads across the change, and nobody waits for ever."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from shared.db import Busy, Database
from shared.db.shadow_schema import remove_files, rename_files


async def make_database(file: Path, word: str) -> Database:
    database = Database(f"sqlite+aiosqlite:///{file}", durable=False)
    await database.open()
    async with database.write() as session:
        connection = await session.connection()
        await connection.execute(text("CREATE TABLE said (word TEXT)"))
        await connection.execute(text("INSERT INTO said VALUES (:word)"), {"word": word})
    return database


async def stored_name(database: Database) -> str:
    async with database.read() as session:
        found: str = (await (await session.connection()).execute(text("SELECT word FROM said"))).scalar_one()
        await asyncio.sleep(0.01)
        again = (await (await session.connection()).execute(text("SELECT word FROM said"))).scalar_one()
    assert found == again
    return found


class TestFileReplacement:
    async def test_readers_see_the_one_or_the_other(self, folder: Path) -> None:
        database = await make_database(folder / "live.db", "old")
        await (await make_database(folder / "next.db", "new")).close()

        def change() -> None:
            remove_files(folder / "live.db")
            rename_files(folder / "next.db", folder / "live.db")

        async def keep_reading() -> list[str]:
            return [await stored_name(database) for _ in range(20)]

        readers = [asyncio.create_task(keep_reading()) for _ in range(5)]
        await asyncio.sleep(0.05)
        async with database.exclusive_writer():
            await database.replace_files(change)
        words = await asyncio.gather(*readers)
        await database.close()
        assert all(seen == sorted(seen, reverse=True) for seen in words)  # old, then new, and never back
        assert {seen[-1] for seen in words} == {"new"}

    async def test_is_put_off_while_somebody_reads_for_long(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("shared.db.session.BUSY_SECONDS", 0.1)
        database = await make_database(folder / "live.db", "old")
        async with database.read() as session:
            await (await session.connection()).execute(text("SELECT word FROM said"))
            with pytest.raises(Busy):
                await database.replace_files(lambda: pytest.fail("changed under a reader"))
        assert await stored_name(database) == "old"
        await database.close()
