"""Bulk statements on both databases, where there is nothing to store."""

import pytest
from sqlalchemy import func, select

from services.reporting.handlers import KEY, SUMS
from services.reporting.main import service as reporting
from services.reporting.models import Tally, core
from shared import bulk
from shared.db import Database
from shared.service import Service


@pytest.fixture
def service() -> Service:
    return reporting


class TestNoRows:
    async def test_fill_an_empty_table_with_nothing(self, database: Database) -> None:
        """A source may have spoken without changing an amount."""
        async with database.write() as session:
            assert await bulk.fill(session, core(Tally), (*KEY, *SUMS), [])
            count = select(func.count()).select_from(core(Tally))
            assert (await (await session.connection()).execute(count)).scalar_one() == 0

    async def test_upsert_nothing(self, database: Database) -> None:
        async with database.write() as session:
            await bulk.upsert(session, core(Tally), (*KEY, *SUMS), [], keys=KEY, add=SUMS)
