"""Random histories: whatever offices do, in whatever order it arrives, reports say what a plain count of facts says."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import to_builtins

from services.reporting.levels.load_snapshot import ReportQuery, load_snapshot
from services.reporting.levels.snapshot import EVER, View
from services.reporting.main import service
from services.reporting.projection.apply import apply_batch
from services.reporting.rebuild.checksums import Checksums, differences, read_checksums
from services.reporting.reports.build import build_report
from services.reporting.reports.explain import build_explanation
from services.reporting.reports.freshness import NOTHING_READ
from services.reporting.reports.head import answer_head
from services.reporting.schemas.report import AnswerHead
from services.reporting.subjects.figures import FIGURES
from shared.base import clock
from shared.db import Database
from shared.service import Service
from tests.backends import database_templates
from tests.conftest import FrozenClock
from tests.oracle.plain_count import PlainCount
from tests.oracle.random_world import DISTRICTS, LINE_AREAS, RARE_CASES, SUBDISTRICTS_OF, World
from tests.oracle.report_check import check_figures, check_flows, check_items
from tests.reporting.projection.world_events import fold_world, fold_world_in_bulk, interleave, to_received

SEEDS = {"sqlite": range(30, 60), "postgres": range(34, 38)}  # of which some see what is rare
AREAS = [*LINE_AREAS, *DISTRICTS, "61.00", "61", "52", "91", "00"]
EXPECTED = [
    "facts of another district",
    "held for the holder",
    "failed after print-ready",
    "came of age further than the kit",
    "person moved to another district",
    "deleted while printed",
    "reversed",
    "card heard of after the deletion",
    "a province's own store",
    "stock reversed",
    "dkb read, for want of running",
    "sub-district without a line",
    "item row taken back",
    "connections named",
    "connections counted without names",
    "target met",
    "target missed",
    "target out_of_reach",
    "target unknown",
    "statement holds",
    "statement differs",
    "statement suspect",
    "statement cannot_be_checked",
    "late fact under an anchor",
]


@pytest.fixture
async def open_fresh_database(
    back_end: str, folder: Path, open_database: Callable[[Service], Awaitable[Database]]
) -> AsyncIterator[Callable[[], Awaitable[Database]]]:
    """Call it for empty books."""
    made: list[Database] = []

    async def opener() -> Database:
        if back_end != "sqlite":
            return await open_database(service)
        database = Database(await database_templates.sqlite_copy(service, folder), durable=False)
        await database.open()
        made.append(database)
        return database

    yield opener
    for database in made:
        await database.close()


class TestRandomHistories:
    @pytest.mark.timeout(300)
    async def test_reports_say_what_a_plain_count_says(
        self, back_end: str, open_fresh_database: Callable[[], Awaitable[Database]]
    ) -> None:
        for seed in SEEDS[back_end]:
            world, order = World(seed), random.Random(seed + 10**6)
            database = await open_fresh_database()
            await fold_world(database, world, order)
            last = world.today("91.71")
            far = datetime.combine(last + timedelta(days=1), datetime.min.time(), UTC)
            days = random_days(order, last)
            with clock.override_time(FrozenClock(far)):
                for as_of, known_on in (days, (days[0], EVER), (EVER, EVER)):
                    try:
                        await check_reports(database, world, as_of, known_on)
                    except AssertionError as error:
                        raise AssertionError(f"seed {seed}, as of {as_of}, known on {known_on}: {error}") from error
        if back_end == "sqlite":
            assert [name for name in EXPECTED if not RARE_CASES[name]] == [], "never happened"

    async def test_order_of_arrival_changes_nothing(
        self, open_fresh_database: Callable[[], Awaitable[Database]]
    ) -> None:
        for seed in range(5):
            found = []
            for order in (1, 2):
                database = await open_fresh_database()
                await fold_world(database, World(seed), random.Random(order))
                async with database.read() as session:
                    found.append(await read_checksums(session))
            assert found[0] == found[1], f"seed {seed}"


class TestInterleaving:
    @pytest.mark.timeout(600)
    async def test_of_the_sources_changes_no_byte(
        self, back_end: str, open_fresh_database: Callable[[], Awaitable[Database]]
    ) -> None:
        """P17: 500 orders in which sources may be heard; digests are equal in all, reports in some of each world."""
        database = await open_fresh_database()
        for seed in range(10 if back_end == "sqlite" else 1):
            world = World(seed, steps=8)
            wanted, shown = await fold_in_order(database, world, 0, reports=True)
            for order in range(1, 50 if back_end == "sqlite" else 10):
                found, told = await fold_in_order(database, world, order, reports=order == 49)
                assert found == wanted, f"seed {seed}, order {order}: {differences(found, wanted)}"
                assert told in ([], shown), f"seed {seed}, order {order}"


class RolledBack(Exception):
    """Books are left as empty as they were."""


async def fold_in_order(database: Database, world: World, order: int, *, reports: bool) -> tuple[Checksums, list[Any]]:
    """Fold a world in some order. -> digests, and reports if wanted; nothing stays."""
    found: Checksums = {}
    told: list[Any] = []
    chance = random.Random(order)
    with suppress(RolledBack):
        async with database.write() as session:
            log = [to_received(said) for said in interleave(world.log, chance)]
            cut = chance.randint(0, len(log))
            for batch in (log[:cut], log[cut:]):
                await apply_batch(session, batch)
            found, told = await read_checksums(session), await reports_of(session, world) if reports else []
            raise RolledBack
    return found, told


async def reports_of(session: Any, world: World) -> list[Any]:
    """Every report on the last day."""
    day = world.today("91.71")
    with clock.override_time(lambda: datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC)):
        asked = [ReportQuery(area, day, EVER) for area in AREAS]
        return [build_report((await load_snapshot(session, each)).view(day), head_of(each)) for each in asked]


def head_of(asked: ReportQuery) -> AnswerHead:
    return answer_head(asked, NOTHING_READ)


class TestBulkFold:
    """What is counted by shape, in memory, is what is folded one by one."""

    async def test_gives_the_same_bytes(self, open_fresh_database: Callable[[], Awaitable[Database]]) -> None:
        for seed in range(100, 108):
            found = []
            for way in (fold_world, fold_world_in_bulk):
                database = await open_fresh_database()
                await way(database, World(seed, steps=120), random.Random(seed))
                async with database.read() as session:
                    found.append(await read_checksums(session))
            assert found[0] == found[1], f"seed {seed}"


def random_days(order: random.Random, last: date) -> tuple[date, date]:
    start = date(2020, 1, 1)
    return tuple(start + timedelta(order.randint(0, (last - start).days)) for _ in range(2))  # type: ignore[return-value]  # two of them


async def check_reports(database: Database, world: World, as_of: date, known_on: date) -> None:
    for area in AREAS:
        async with database.read() as session:
            asked = ReportQuery(area, as_of, known_on)
            view = (await load_snapshot(session, asked)).view(as_of)
            found = to_builtins(build_report(view, head_of(asked)))
            plain = PlainCount(world, view.day, known_on)
            check_figures(found, plain, area)
            check_flows(found, plain, area)
            if area in DISTRICTS:
                check_items(found, plain, area)
                check_statements(found, plain, world, area)
                await check_explanations(session, view, asked)


def check_statements(found: dict[str, Any], plain: PlainCount, world: World, area: str) -> None:
    said = {str(each.id): each for each in world.statements if each.area == area}
    known = {id for id, each in said.items() if each.as_of <= plain.as_of and each.known_on <= plain.known_on}
    assert {line["id"] for line in found["statements"]} == known
    for line in found["statements"]:
        assert line["check"] == plain.check(said[line["id"]]), line
        RARE_CASES["statement " + line["check"]] += 1


async def check_explanations(session: Any, view: View, asked: ReportQuery) -> None:
    """Anchor + deltas = level, in every leaf."""
    figure = FIGURES["unprinted_not_broken_down"]
    told = to_builtins(await build_explanation(session, view, asked, head_of(asked), figure))
    for leaf in told["leaves"]:
        for place in leaf["places"]:
            sums = [row["value"] for row in place["deltas"]]
            start = place["anchor"]["amount"]["value"] if place["anchor"] else 0
            if place["amount"]["value"] is not None:
                assert place["amount"]["value"] == start + sum(sums), (asked, leaf["metric"], place)
            RARE_CASES["late fact under an anchor"] += bool(place["covered"])


def test_the_world_speaks_of_real_sub_districts() -> None:
    from shared.base import areas

    assert all(sub in areas.subdistricts_of(district) for district, subs in SUBDISTRICTS_OF.items() for sub in subs)
