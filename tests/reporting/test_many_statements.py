"""However many days statements speak of, a district is read in as many SQL statements and rows; and read right."""

import random
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event

from services.reporting.levels import flow_queries, history_queries, item_queries, level_queries, row_filter
from services.reporting.levels.load_snapshot import ReportQuery, load_levels, load_snapshot, read_uses
from services.reporting.levels.row_filter import RowFilter, around_area
from services.reporting.levels.scopes import kind_of, scope_of
from services.reporting.levels.snapshot import EVER
from services.reporting.main import service
from services.reporting.models import Statement, core
from shared.base.ids import new_id
from shared.db import Database, Session
from shared.events.metrics import ANCHORED_BY, COUNTED_METRICS
from shared.service import Service
from tests.oracle.random_world import DISTRICTS, SUBDISTRICTS_OF, World
from tests.reporting.projection.world_events import fold_world

SANGGAU = DISTRICTS[0]
FIRST = date(2020, 1, 5)
SPAN_DAYS = 200
METRICS = (*ANCHORED_BY, *COUNTED_METRICS)
AREAS = (SANGGAU, SUBDISTRICTS_OF[SANGGAU][0], f"{SANGGAU}.00")
OpenDatabase = Callable[[Service], Awaitable[Database]]


@pytest.fixture
async def database(open_database: OpenDatabase) -> Database:
    database = await open_database(service)
    await fold_world(database, World(3, steps=150), random.Random(3))
    async with database.write() as session:
        await (await session.connection()).execute(core(Statement).delete())
    return database


async def state(database: Database, area: str, days: int) -> None:
    """A statement about the area for each of many days of the same months."""
    row: dict[str, Any] = {
        "district": area[:5],
        "area": area,
        "figure": "recorded",
        "value": "1",
        "low": "1",
        "high": "1",
    }
    row |= {"qualifier": "exact", "known_on": FIRST, "label": "", "as_published": "1", "stated_on": "", "speaker": ""}
    row |= {"publisher": "", "note": ""}
    rows = [
        row | {"id": new_id(), "as_of": FIRST + timedelta(days=SPAN_DAYS * number // (days - 1))}
        for number in range(days)
    ]
    async with database.write() as session:
        connection = await session.connection()
        await connection.execute(core(Statement).delete())
        await connection.execute(core(Statement).insert(), rows)


class Work:
    """What a reading asked of the database: SQL statements, and the rows that came back."""

    def __init__(self) -> None:
        self.statements = self.rows = 0

    def count(self, *_: Any) -> None:  # Any: what SQLAlchemy hands over
        self.statements += 1

    async def read(self, session: Session, query: Any) -> list[Any]:  # Any: a select, and its rows
        found = await row_filter.fetch_rows(session, query)
        self.rows += len(found)
        return found


async def work_of(database: Database, monkeypatch: pytest.MonkeyPatch, asked: ReportQuery) -> tuple[int, int]:
    """-> SQL statements, and rows that are no statements."""
    work = Work()
    for module in (flow_queries, level_queries, history_queries, item_queries):
        monkeypatch.setattr(module, "fetch_rows", work.read)
    async with database.read() as session:
        connection = (await session.connection()).sync_connection
        assert isinstance(connection, Connection)
        event.listen(connection, "before_cursor_execute", work.count)
        books = await load_snapshot(session, asked)
        event.remove(connection, "before_cursor_execute", work.count)
    return work.statements, work.rows - len(books.statements)


def views_of(area: str) -> list[ReportQuery]:
    """The latest, and two that the cache does not have."""
    return [ReportQuery(area), ReportQuery(area, date(2021, 6, 1)), ReportQuery(area, known_on=date(2021, 6, 1))]


class TestMuchStated:
    async def test_is_read_in_the_same_work(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        for area in AREAS:
            found: dict[ReportQuery, list[tuple[int, int]]] = {asked: [] for asked in views_of(area)}
            for days in (2, 20, 200):
                await state(database, area, days)
                for asked, works in found.items():
                    works.append(await work_of(database, monkeypatch, asked))
            assert {asked: len(set(works)) for asked, works in found.items()} == dict.fromkeys(found, 1)

    async def test_is_what_the_database_sums_of_each_day(self, database: Database) -> None:
        for area in AREAS:
            await agrees(database, area)


async def agrees(database: Database, area: str) -> None:
    order, last = random.Random(area), World(3, steps=150).today("91.71")
    days = {FIRST + timedelta(days=order.randint(0, (last - FIRST).days)) for _ in range(12)} | {EVER}
    for known_on in (EVER, last - timedelta(days=60)):
        asked, mine = ReportQuery(area, known_on=known_on), RowFilter(around_area(area), known_on)
        async with database.read() as session:
            many = await load_levels(session, mine, asked, days)
            uses = await read_uses(session, mine, asked, days - {EVER})
            for day in days:
                one = {by: (await level_queries.levels_on_days(session, mine, by, [day]))[day] for _, by in many}
                for place in (each for some in scope_of(area) for each in some):
                    for metric in METRICS:
                        said = many[day, kind_of(place)].get((place, metric))
                        assert nothing_is_none(said) == nothing_is_none(one[kind_of(place)].get((place, metric)))
                if day != EVER:
                    assert uses[day] == await flow_queries.card_use(session, mine, day)


def nothing_is_none(level: Any) -> Any:  # Any: a level, if there is one
    """A place that nothing has moved yet may be left out."""
    return None if level is None or level.last_fact_on is None else level
