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


async def positions_unchanged() -> None:
    """Nothing to follow."""


@pytest.fixture
async def live(open_database: Callable[[Service], Awaitable[Database]]) -> Database:
    database = await open_database(service)
    await set_name(database, "first")
    return database


async def set_name(database: Database, word: str) -> None:
    async with database.write() as session:
        connection = await session.connection()
        await connection.execute(text("DELETE FROM tally"))
        row = "INSERT INTO tally VALUES (:word, '61.03', '2018-11-30', '61.03.01', '2018-11-30', 'x', 1, 1, 1)"
        await connection.execute(text(row), {"word": word})


async def get_name(database: Database) -> str:
    """Read twice in one snapshot: it must be the same books."""
    async with database.read() as session:
        connection = await session.connection()
        one = (await connection.execute(text("SELECT metric FROM tally"))).scalar_one()
        await asyncio.sleep(0.02)
        other = (await connection.execute(text("SELECT metric FROM tally"))).scalar_one()
    assert one == other
    return str(one)


async def make_shadow_schema(live: Database, word: str) -> ShadowSchema:
    beside = ShadowSchema(live.url)
    await beside.create("reporting")
    fresh = beside.database()
    await fresh.open()
    await set_name(fresh, word)
    await fresh.close()
    return beside


class TestSwitch:
    async def test_under_readers_and_back(self, live: Database) -> None:
        beside = await make_shadow_schema(live, "second")

        async def keep_reading() -> list[str]:
            return [await get_name(live) for _ in range(40)]

        readers = [asyncio.create_task(keep_reading()) for _ in range(4)]
        await asyncio.sleep(0.1)
        await beside.switch(positions_unchanged)
        words = await asyncio.gather(*readers)
        assert all(seen == sorted(seen) for seen in words)
        assert await get_name(live) == "second"
        await beside.restore_previous()
        await beside.switch(positions_unchanged)
        assert await get_name(live) == "first"

    async def test_waits_for_whoever_began_before(self, live: Database) -> None:
        beside = await make_shadow_schema(live, "second")
        async with live.read() as session:
            connection = await session.connection()
            assert (await connection.execute(text("SELECT metric FROM tally"))).scalar_one() == "first"
            switching = asyncio.create_task(beside.switch(positions_unchanged))
            await asyncio.sleep(1.5)
            assert not switching.done()
            assert (await connection.execute(text("SELECT metric FROM tally"))).scalar_one() == "first"
        await switching
        assert await get_name(live) == "second"

    async def test_goes_back_nowhere_from_the_first_books(self, live: Database) -> None:
        with pytest.raises(NoShadowSchema):
            await ShadowSchema(live.url).restore_previous()


@pytest.fixture
async def role(back_end: str) -> AsyncIterator[str]:
    name = f"role_{uuid4().hex[:8]}"
    server = postgres.shared_server()
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
            await execute(live, statement)
        await (await make_shadow_schema(live, "second")).switch(positions_unchanged)
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
        await execute(live, f"DROP OWNED BY {role}")
        assert found == wanted


async def execute(database: Database, statement: str) -> None:
    connection = await asyncpg.connect(database.url.replace("+asyncpg", ""))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
