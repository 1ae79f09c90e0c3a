"""Series and parts: over random histories each point is what that day's report says, and each part its own report."""

import random
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec.structs import asdict

from services.reporting.levels.load_snapshot import ReportQuery, load_snapshot
from services.reporting.levels.snapshot import EVER
from services.reporting.main import service
from services.reporting.reports.area_list import list_areas, query_of_parts
from services.reporting.reports.build import build_report
from services.reporting.reports.freshness import NOTHING_READ
from services.reporting.reports.head import answer_head
from services.reporting.reports.series import POINTS_AT_MOST, build_series, has_series, thin_out
from services.reporting.schemas.report import AnswerHead, ReportAnswer
from shared.base import clock
from shared.db import Database, Session
from shared.service import Service
from tests.conftest import FrozenClock
from tests.oracle.random_world import DISTRICTS, SUBDISTRICTS_OF, World
from tests.reporting.projection.world_events import fold_world

SEEDS = {"sqlite": 4, "postgres": 1}
NAMES = ("recorded", "required_population", "coverage_percent", "unprinted", "blank_stock", "unprinted_held")
DAYS_LOOKED_AT = 5
ENDS = ("value", "low", "high")
OpenDatabase = Callable[[Service], Awaitable[Database]]


@pytest.mark.timeout(300)
class TestSeries:
    async def test_each_point_is_what_the_report_of_that_day_says(
        self, back_end: str, open_database: OpenDatabase
    ) -> None:
        for seed in range(SEEDS[back_end]):
            world, order = World(seed), random.Random(seed)
            database = await open_database(service)
            await fold_world(database, world, order)
            last = world.today("91.71")
            with clock.override_time(FrozenClock(datetime.combine(last, datetime.min.time(), UTC))):
                for area in (*DISTRICTS, *(subs[0] for subs in SUBDISTRICTS_OF.values())):
                    known_on = order.choice([EVER, last - timedelta(days=order.randint(0, 300))])
                    async with database.read() as session:
                        await check_series(session, ReportQuery(area, EVER, known_on), order)

    def test_many_days_are_thinned_to_the_last_of_each_stretch(self) -> None:
        days = [date(2015, 1, 1) + timedelta(days=number) for number in range(3000)]
        kept = thin_out(days)
        assert len(kept) == POINTS_AT_MOST
        assert kept[-1] == days[-1]
        assert kept == sorted(set(kept))
        assert thin_out(days[:10]) == days[:10]

    def test_only_single_places_have_one(self) -> None:
        assert [area for area in ("00", "61", "61.03", "61.03.01", "61.03.00") if has_series(area)] == [
            "61.03",
            "61.03.01",
        ]


async def check_series(session: Session, asked: ReportQuery, order: random.Random) -> None:
    told = await build_series(session, asked, NAMES)
    for name, points in told.points.items():
        for point in order.sample(points, min(DAYS_LOOKED_AT, len(points))):
            shown = (await report_on(session, asked, point.on)).figures[name]
            assert [getattr(point, end) for end in ENDS] == [getattr(shown, end) for end in ENDS], (asked, name, point)
            assert point.anchored <= shown.known
        latest = (await report_on(session, asked, told.until)).figures[name]
        assert bool(points and points[-1].on == told.until) == latest.known, (asked, name)


async def report_on(session: Session, asked: ReportQuery, day: date) -> ReportAnswer:
    books = await load_snapshot(session, asked._replace(as_of=day))
    return build_report(books.view(day), head_of(asked))


def head_of(asked: ReportQuery) -> AnswerHead:
    return answer_head(asked, NOTHING_READ)


class TestAreaList:
    async def test_each_part_is_its_own_report(self, back_end: str, open_database: OpenDatabase) -> None:
        world = World(3)
        database = await open_database(service)
        await fold_world(database, world, random.Random(3))
        last = world.today("91.71")
        with clock.override_time(lambda: datetime.combine(last, datetime.min.time(), UTC)):
            async with database.read() as session:
                for area in ("61", DISTRICTS[0]):
                    asked = ReportQuery(area)
                    view = (await load_snapshot(session, query_of_parts(asked))).view()
                    found = list_areas(view, area)
                    assert found
                    for part in found:
                        mine = ReportQuery(part.area)
                        own = build_report((await load_snapshot(session, mine)).view(), head_of(mine)).figures
                        for name, shown in part.figures.items():
                            same = {word: getattr(own[name], word) for word in asdict(shown)}
                            assert asdict(shown) == same, (part.area, name)
