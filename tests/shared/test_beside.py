"""Tables beside the live ones, on PostgreSQL: switched while they are read, with the rights of others, and back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import text

from services.reporting.main import service
from shared.db import Database
from shared.db.shadow_schema import NoShadowSchema, ShadowSchema
from shared.service import Service
from tests.backends import postgres

pytestmark = pytest.mark.parametrize("back_end", ["postgres"], indirect=True)


async def nobody_moved() -> None:
    """Nothing to follow."""


@pytest.fixture
async def live(open_database: Callable[[Service], Awaitable[Database]]) -> Database:
    database = await open_database(service)
    await name_it(database, "first")
    return database


async def name_it(database: Database, word: str) -> None:
    async with database.write() as session:
        connection = await session.connection()
        await connection.execute(text("DELETE FROM tally"))
        row = "INSERT INTO tally VALUES (:word, '61.03', '2018-11-30', '61.03.01', '2018-11-30', 'x', 1, 1, 1)"
        await connection.execute(text(row), {"word": word})


async def name_of(database: Database) -> str:
    """Read twice in one snapshot: it must be the same books."""
    async with database.read() as session:
        connection = await session.connection()
        one = (await connection.execute(text("SELECT metric FROM tally"))).scalar_one()
        await asyncio.sleep(0.02)
        other = (await connection.execute(text("SELECT metric FROM tally"))).scalar_one()
    assert one == other
    return str(one)


async def made_beside(live: Database, word: str) -> ShadowSchema:
    beside = ShadowSchema(live.url)
    await beside.make("reporting")
    fresh = beside.database()
    await fresh.open()
    await name_it(fresh, word)
    await fresh.close()
    return beside


class TestSwitch:
    async def test_under_readers_and_back(self, live: Database) -> None:
        beside = await made_beside(live, "second")

        async def keep_reading() -> list[str]:
            return [await name_of(live) for _ in range(40)]

        readers = [asyncio.create_task(keep_reading()) for _ in range(4)]
        await asyncio.sleep(0.1)
        await beside.switch(nobody_moved)
        words = await asyncio.gather(*readers)
        assert all(seen == sorted(seen) for seen in words)
        assert await name_of(live) == "second"
        await beside.recall()
        await beside.switch(nobody_moved)
        assert await name_of(live) == "first"

    async def test_waits_for_whoever_began_before(self, live: Database) -> None:
        beside = await made_beside(live, "second")
        async with live.read() as session:
            connection = await session.connection()
            assert (await connection.execute(text("SELECT metric FROM tally"))).scalar_one() == "first"
            switching = asyncio.create_task(beside.switch(nobody_moved))
            await asyncio.sleep(1.5)
            assert not switching.done()
            assert (await connection.execute(text("SELECT metric FROM tally"))).scalar_one() == "first"
        await switching
        assert await name_of(live) == "second"

    async def test_goes_back_nowhere_from_the_first_books(self, live: Database) -> None:
        with pytest.raises(NoShadowSchema):
            await ShadowSchema(live.url).recall()


@pytest.fixture
async def role(back_end: str) -> AsyncIterator[str]:
    name = f"role_{uuid4().hex[:8]}"
    server = postgres.server()
    await server.execute(f"CREATE ROLE {name} LOGIN")
    yield name
    await server.execute(f"DROP ROLE IF EXISTS {name}")


class TestRights:
    async def test_go_with_the_names(self, live: Database, role: str) -> None:
        given = [
            f"GRANT USAGE ON SCHEMA public TO {role}",
            f"GRANT SELECT, INSERT ON tally TO {role}",
            f"GRANT UPDATE (n, mark) ON counter TO {role}",
        ]
        for statement in given:
            await done(live, statement)
        await (await made_beside(live, "second")).switch(nobody_moved)
        wanted = {
            f"has_schema_privilege('{role}', 'public', 'USAGE')": True,
            f"has_table_privilege('{role}', 'public.tally', 'SELECT')": True,
            f"has_table_privilege('{role}', 'public.tally', 'UPDATE')": False,
            f"has_column_privilege('{role}', 'public.counter', 'n', 'UPDATE')": True,
            f"has_column_privilege('{role}', 'public.counter', 'known_at', 'UPDATE')": False,
        }
        async with live.read() as session:
            connection = await session.connection()
            found = {asked: (await connection.execute(text(f"SELECT {asked}"))).scalar_one() for asked in wanted}
        await done(live, f"DROP OWNED BY {role}")
        assert found == wanted


async def done(database: Database, statement: str) -> None:
    connection = await asyncpg.connect(database.url.replace("+asyncpg", ""))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
