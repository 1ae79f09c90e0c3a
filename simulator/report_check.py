"""Report check: every figure the fact log can work out, compared with the reports, of many areas on several days."""

import asyncio
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

from shared.base import areas
from simulator.expected_figures import DISTRICT_FIGURES, FIGURES, FLOWS, LATEST, ExpectedView, report_value
from simulator.fact_log import FactLog, PublishedNumber
from simulator.plan import Plan
from simulator.service_client import ServiceClient

CONCURRENT_REPORTS = 4
Json = dict[str, Any]  # Any: a JSON object
KINDS = ("requisition", "delivery", "incident", "connection", "repair")


class Difference(NamedTuple):
    """ours: by the fact log. theirs: by the report."""

    area: str
    view: str
    what: str
    ours: object
    theirs: object

    def __str__(self) -> str:
        return f"{self.area} {self.view} {self.what}: {self.ours} expected, {self.theirs} in the report"


class CheckResult(NamedTuple):
    reports: int
    figures: int
    differences: list[Difference]


def areas_to_check(plan: Plan, subdistricts: int | None) -> list[str]:
    """Whole roll-ups, every district with its rest, and sub-districts: all, or so many drawn by the seed."""
    found = [areas.NATION, *areas.area_register().districts] if plan.area == areas.NATION else [plan.area]
    districts = plan.districts()
    below = [code for district in districts for code in areas.subdistricts_of(district)]
    if subdistricts is not None and subdistricts < len(below):
        below = sorted(random.Random(plan.name).sample(below, subdistricts))
    rest = [f"{code}.00" for code in districts] if subdistricts is None else []
    return list(dict.fromkeys([*found, *districts, *rest, *below]))


def views_to_check(plan: Plan, facts: FactLog, today: date, *, as_known: bool) -> list[ExpectedView]:
    """The latest, the middle as it is known now; where time was simulated, also as it was known then."""
    middle, week = plan.begin + timedelta(days=plan.days // 2), timedelta(days=7)
    views = [ExpectedView(facts, today), ExpectedView(facts, today, as_of=middle)]
    if as_known:
        views += [
            ExpectedView(facts, today, middle, middle), ExpectedView(facts, today, middle, middle + week),
            ExpectedView(facts, today, known_on=middle),
        ]  # fmt: skip
    return views


async def check_reports(
    plan: Plan, facts: FactLog, client: ServiceClient, *, today: date, as_known: bool,
    subdistricts: int | None = None, report_progress: Callable[[int, int], None] = lambda done, of: None,
) -> CheckResult:  # fmt: skip
    """subdistricts: how many to look at, all if none. as_known: whether the fact log knows when things became known."""
    wanted = [
        (view, area)
        for view in views_to_check(plan, facts, today, as_known=as_known)
        for area in areas_to_check(plan, subdistricts)
    ]
    found, done, figures = list[Difference](), 0, 0
    waiting = iter(wanted)

    async def look() -> None:
        nonlocal done, figures
        for view, area in waiting:
            report = await client.report(area, view_query(view))
            pairs = list(compare_report(plan, view, area, report))
            figures, done = figures + len(pairs), done + 1
            found.extend(Difference(area, view_name(view), *pair) for pair in pairs if pair[1] != pair[2])
            report_progress(done, len(wanted))

    async with asyncio.TaskGroup() as tasks:
        for _ in range(CONCURRENT_REPORTS):
            tasks.create_task(look())
    return CheckResult(len(wanted), figures, sorted(found, key=lambda each: each[:3]))


def view_query(view: ExpectedView) -> dict[str, str]:
    days = {"as_of": view.as_of, "known_on": view.known_on}
    return {name: day.isoformat() for name, day in days.items() if day != LATEST}


def view_name(view: ExpectedView) -> str:
    return " ".join(f"{name} {day}" for name, day in view_query(view).items()) or "latest"


ComparedPair = tuple[str, object, object]  # what, by the fact log, in the report


def compare_report(plan: Plan, view: ExpectedView, area: str, report: Json) -> Iterator[ComparedPair]:
    yield from compare_sources(report)
    for name in FIGURES:
        if area.count(".") < 2 or name not in DISTRICT_FIGURES:
            theirs = report["figures"][name]
            yield name, (ours := report_value(name, view.figure(area, name))), theirs["value"]
            if ours is not None and name not in DISTRICT_FIGURES:
                yield f"{name} range", (ours, ours), (theirs["low"], theirs["high"])
    [period] = report["periods"]
    if date.fromisoformat(period["start"]) >= plan.begin:
        for metric in FLOWS:
            days = date.fromisoformat(period["start"]), date.fromisoformat(period["end"])
            yield f"flow of {metric}", view.flow(area, metric, *days), period["flows"][metric]["value"]
    if areas.level_of(area) == "district" and not areas.is_unassigned(area):
        yield from compare_items(view, area, report)
        yield from compare_statements(view, area, report)


def compare_sources(report: Json) -> Iterator[ComparedPair]:
    """Nothing is parked, and nobody stopped listening."""
    for name, source in report["sources"].items():
        yield f"source {name}", ("running", 0), (source["state"], source["parked"])


def compare_items(view: ExpectedView, area: str, report: Json) -> Iterator[ComparedPair]:
    items = {(kind, item["id"]): item for kind in KINDS for item in report["items"][kind]}
    targets = {target["id"]: target for target in report["targets"]}
    for kind, id, expected in view.items(area):
        if kind == "target":
            found = targets.get(id, {})
            required, remaining = view.target(expected)
            theirs = found.get("due_on"), amount_value(found, "required"), amount_value(found, "remaining")
            yield f"target {id}", (iso(expected.due_on), required, remaining), theirs
            continue
        item = items.get((kind, id), {})
        ours = expected.area, expected.state, iso(expected.since), iso(expected.changed_on), iso(expected.due_on)
        yield f"{kind} {id}", ours, tuple(item.get(word) for word in ("area", "state", "since", "changed_on", "due_on"))
        if kind == "requisition":
            statement = {word: amount_value(item.get("data", {}), word) for word in expected.data}
            yield f"requisition {id} pieces", dict(expected.data), statement


def amount_value(fields: Mapping[str, Any], name: str) -> Any:  # Any: JSON
    return (fields.get(name) or {}).get("value")


def iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def compare_statements(view: ExpectedView, area: str, report: Json) -> Iterator[ComparedPair]:
    found = {statement["id"]: statement for statement in report["statements"]}
    for statement in statements_in_view(view, area):
        then = ExpectedView(view.facts, view.today, statement.as_of, view.known_on)
        ours = then.level(area, statement.figure)
        verdict = "cannot_be_checked" if ours is None else "holds" if ours == statement.value else "differs"
        difference = None if ours is None else statement.value - ours
        theirs = found.get(statement.id, {})
        yield f"statement {statement.id}", (verdict, difference), (theirs.get("check"), theirs.get("difference"))


def statements_in_view(view: ExpectedView, area: str) -> Iterable[PublishedNumber]:
    return [
        statement
        for statement in view.facts.published_numbers.get(area, ())
        if statement.as_of <= view.as_of and statement.known_on <= view.known_on
    ]
