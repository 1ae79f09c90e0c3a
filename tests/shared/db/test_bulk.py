"""Bulk statements on both databases."""

import asyncio
from datetime import date

import pytest
from sqlalchemy import func, select

from services.reporting.main import service as reporting
from services.reporting.models import Tally, core
from services.reporting.projection.batch import KEY, SUMS
from shared.db import Database, Session, bulk
from shared.service import Service

DAY = date(2018, 11, 26)
CAUSES = [f"recordings.{number:02d}" for number in range(60)]
ROWS = [("recorded", "61.03", DAY, f"61.03.{part:02d}", DAY, cause, 1, 1, 1) for part in range(99) for cause in CAUSES]


@pytest.fixture
def service() -> Service:
    return reporting


async def count_and_sum(session: Session) -> tuple[int, int]:
    """-> rows, and the sum of their values."""
    query = select(func.count(), func.coalesce(func.sum(core(Tally).c.value), 0))
    number, total = (await (await session.connection()).execute(query)).one()
    return number, int(total)


async def upsert(session: Session, rows: bulk.Rows) -> None:
    await bulk.upsert(session, core(Tally), (*KEY, *SUMS), rows, keys=KEY, add=SUMS)


class TestUpsert:
    async def test_nothing(self, database: Database) -> None:
        """A source may have spoken without changing an amount."""
        async with database.write() as session:
            await upsert(session, [])
            assert await count_and_sum(session) == (0, 0)

    async def test_adds_to_what_a_fill_stored(self, database: Database) -> None:
        assert len(ROWS) > bulk.ROWS_PER_STATEMENT
        for _ in range(2):
            async with database.write() as session:
                await upsert(session, ROWS)
        async with database.write() as session:
            assert await count_and_sum(session) == (len(ROWS), 2 * len(ROWS))

    async def test_of_two_who_find_it_empty_one_fills_it(self, database: Database) -> None:
        """Two sources that begin at the same moment."""

        async def store(rows: bulk.Rows) -> None:
            async with database.write() as session:
                await upsert(session, rows)

        await asyncio.gather(store(ROWS), store(ROWS))
        async with database.write() as session:
            assert await count_and_sum(session) == (len(ROWS), 2 * len(ROWS))
