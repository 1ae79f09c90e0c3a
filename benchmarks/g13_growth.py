"""G13: the fold and a district's report do not slow down while the history grows to ten and to a hundred times.

Nor does a district's report with the number of statements about it: offices publish a sheet every day.
"""

import time
from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import text

from benchmarks import harness
from benchmarks.backlog import Backlog, fresh_postgres
from benchmarks.harness import Bench, Goal, Measured
from services.reporting.levels.load_snapshot import ReportQuery, load_snapshot
from services.reporting.levels.snapshot import EVER
from services.reporting.models import Statement, core
from services.reporting.reports.build import build_report
from services.reporting.reports.freshness import NOTHING_READ
from services.reporting.reports.head import answer_head
from shared.base import areas
from shared.base.ids import new_id
from shared.db import Database

FOLD = Goal("G13 fold", "fold with 100 times the history", "with 1 time", 0.9, 1.0)
REPORT = Goal("G13 report", "district report with 100 times the history", "with 1 time", 1.5, 1.1, most=True)
STATED = Goal("G13 stated", "district report with a statement for each day of a year", "with two", 2.0, 1.6, most=True)
TIMES = (1, 10, 100)
STATEMENTS = (2, 365)
EVENTS = 50_000  # folded on top
REPORTS = 60
LAST_DAY = date(2018, 11, 25)  # the day before the backlog begins
# a day of every sub-district: four things counted
METRICS = {
    "recorded": "recordings.captured",
    "unprinted_on_kit": "recordings.captured",
    "unprinted_in_transit": "recordings.state_changed",
    "printed_first": "recordings.state_changed",
}
INSERT_DELTAS = """
INSERT INTO tally SELECT m.metric, left(a.area, 5), d.day, a.area, d.day, m.cause, 3, 3, 3
FROM unnest(CAST(:metrics AS text[]), CAST(:causes AS text[])) m(metric, cause)
CROSS JOIN unnest(CAST(:areas AS text[])) a(area)
CROSS JOIN (SELECT CAST(:last AS date) - CAST(:day AS int) AS day) d
ORDER BY 1, 2, 3, 4
"""


async def measure(bench: Bench) -> Sequence[Measured]:
    """Each size keeps its own database; a round folds into all of them, the events of the backlog anew."""
    backlog = Backlog(bench.kafka(), EVENTS)
    await backlog.make()
    folds: dict[int, list[float]] = {times: [] for times in TIMES}
    reports: dict[int, list[float]] = {times: [] for times in TIMES}
    stated: dict[int, list[float]] = {number: [] for number in STATEMENTS}
    async with fresh_postgres(bench.postgres()) as database:
        before = 0
        for times in TIMES:
            await add_deltas(database, before, times)
            before = times
            for _ in range(bench.rounds):
                await remove_deltas(database)
                folds[times].append(await backlog.fill_read_models(database))
                reports[times].append(await seconds_of_reports(database))
        for number in STATEMENTS * bench.rounds:
            await state(database, number)
            stated[number].append(await seconds_of_reports(database))
    rate = [most / least for most, least in zip(folds[100], folds[1], strict=True)]
    slower = [most / least for most, least in zip(reports[100], reports[1], strict=True)]
    about = {str(times): round(sorted(found)[len(found) // 2]) for times, found in folds.items()}
    ms = {str(times): round(sorted(found)[len(found) // 2] * 1000, 2) for times, found in reports.items()}
    fuller = [most / least for most, least in zip(stated[365], stated[2], strict=True)]
    stated_ms = {str(number): round(sorted(found)[len(found) // 2] * 1000, 2) for number, found in stated.items()}
    return [
        Measured(FOLD, rate, {"events/s": about}),
        Measured(REPORT, slower, {"ms": ms}),
        Measured(STATED, fuller, {"ms": stated_ms}),
    ]


async def add_deltas(database: Database, before: int, times: int) -> None:
    """Days of history behind those that are there; a day of the whole nation is one time."""
    named = [each for district in areas.districts_in(areas.NATION) for each in areas.subdistricts_of(district)]
    given = {"metrics": list(METRICS), "causes": list(METRICS.values()), "areas": named, "last": LAST_DAY}
    for day in range(before, times):  # a statement a day: each ends within its time
        async with database.write() as session:
            await (await session.connection()).execute(text(INSERT_DELTAS), given | {"day": day})
    async with database.write() as session:
        await (await session.connection()).execute(text("SET LOCAL statement_timeout = 0"))
        await (await session.connection()).execute(text("ANALYZE tally"))


async def remove_deltas(database: Database) -> None:
    """The backlog has not been heard yet, and its days hold nothing."""
    async with database.write() as session:
        connection = await session.connection()
        await connection.execute(text("DELETE FROM position"))
        await connection.execute(text("DELETE FROM tally WHERE known_on > :last"), {"last": LAST_DAY})


async def state(database: Database, number: int) -> None:
    """So many statements about each district that is reported on, spread over the year before the last day."""
    row = {"figure": "recorded", "value": "1", "low": "1", "high": "1", "qualifier": "exact", "label": ""}
    row |= {"as_published": "1", "stated_on": "", "speaker": "", "publisher": "", "note": ""}
    days = [LAST_DAY - timedelta(days=364 * each // (number - 1)) for each in range(number)]
    rows = [
        {"id": new_id(), "district": district, "area": district, "as_of": day, "known_on": LAST_DAY, **row}
        for district in reported()
        for day in days
    ]
    async with database.write() as session:
        connection = await session.connection()
        await connection.execute(core(Statement).delete())
        await connection.execute(core(Statement).insert(), rows)


def reported() -> Sequence[str]:
    return areas.districts_in(areas.NATION)[: REPORTS * 8 : 8]


async def seconds_of_reports(database: Database) -> float:
    """The mean of some districts' latest report."""
    districts = reported()
    began = time.perf_counter()
    for district in districts:
        async with database.read() as session:
            asked = ReportQuery(district, EVER)
            books = await load_snapshot(session, asked)
        build_report(books.view(EVER), answer_head(asked, NOTHING_READ))
    return (time.perf_counter() - began) / len(districts)


if __name__ == "__main__":
    harness.main([FOLD, REPORT, STATED], measure)
