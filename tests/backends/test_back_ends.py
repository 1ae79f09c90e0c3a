"""The back ends themselves: each test gets a fresh, prepared database, and the run notes who took part."""

from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, func, insert, select

from shared.db import Database
from tests.conftest import FrozenClock, MakeUrl

METADATA = MetaData()
THING = Table("thing", METADATA, Column("id", Integer, primary_key=True))


@pytest.fixture
def service() -> Any:  # Any: as much of a Service as the fixtures look at
    return SimpleNamespace(name="thing", metadata=METADATA, publishes=())


class TestDatabase:
    @pytest.mark.parametrize("again", [1, 2])
    async def test_is_prepared_and_fresh_for_each_test(self, database: Database, again: int) -> None:
        async with database.write() as session:
            await (await session.connection()).execute(insert(THING).values(id=1))

        async with database.read() as session:
            assert await session.scalar(select(func.count()).select_from(THING)) == 1

    async def test_two_of_one_service_are_two(self, make_url: MakeUrl, service: Any) -> None:
        assert await make_url(service) != await make_url(service)


class TestFrozenClock:
    def test_stands_still(self, frozen_clock: FrozenClock) -> None:
        from shared.base import clock

        assert clock.today("61.03").isoformat() == "2018-11-30"
        assert clock.now() == clock.now() == frozen_clock.at
