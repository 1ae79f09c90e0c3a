"""Check: every figure the account can work out, held against the reports, of many areas on several days."""

import asyncio
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

from shared.base import areas
from simulator.account import Account, Stated
from simulator.expected import FIGURES, FLOWS, LATEST, OF_DISTRICTS, View, shown
from simulator.plan import Plan
from simulator.wire import Installation

AT_ONCE = 4
Json = dict[str, Any]  # Any: a JSON object
KINDS = ("requisition", "delivery", "incident", "connection", "repair")


class Difference(NamedTuple):
    """ours: by the account. theirs: by the report."""

    area: str
    view: str
    what: str
    ours: object
    theirs: object

    def __str__(self) -> str:
        return f"{self.area} {self.view} {self.what}: {self.ours} by the account, {self.theirs} in the report"


class Checked(NamedTuple):
    reports: int
    figures: int
    differences: list[Difference]


def areas_of(plan: Plan, subdistricts: int | None) -> list[str]:
    """Whole roll-ups, every district with its rest, and sub-districts: all, or so many drawn by the seed."""
    found = [areas.NATION, *areas.register().districts] if plan.area == areas.NATION else [plan.area]
    districts = plan.districts()
    below = [code for district in districts for code in areas.subdistricts_of(district)]
    if subdistricts is not None and subdistricts < len(below):
        below = sorted(random.Random(plan.name).sample(below, subdistricts))
    rest = [f"{code}.00" for code in districts] if subdistricts is None else []
    return list(dict.fromkeys([*found, *districts, *rest, *below]))


def views_of(plan: Plan, account: Account, today: date, *, as_known: bool) -> list[View]:
    """The latest, the middle as it is known now; where time was simulated, also as it was known then."""
    middle, week = plan.begin + timedelta(days=plan.days // 2), timedelta(days=7)
    views = [View(account, today), View(account, today, as_of=middle)]
    if as_known:
        views += [
            View(account, today, middle, middle), View(account, today, middle, middle + week),
            View(account, today, known_on=middle),
        ]  # fmt: skip
    return views


async def check(
    plan: Plan, account: Account, installation: Installation, *, today: date, as_known: bool,
    subdistricts: int | None = None, told: Callable[[int, int], None] = lambda done, of: None,
) -> Checked:  # fmt: skip
    """subdistricts: how many to look at, all if none. as_known: whether the account knows when things became known."""
    wanted = [
        (view, area)
        for view in views_of(plan, account, today, as_known=as_known)
        for area in areas_of(plan, subdistricts)
    ]
    found, done, figures = list[Difference](), 0, 0
    waiting = iter(wanted)

    async def look() -> None:
        nonlocal done, figures
        for view, area in waiting:
            report = await installation.report(area, query_of(view))
            pairs = list(compared(plan, view, area, report))
            figures, done = figures + len(pairs), done + 1
            found.extend(Difference(area, name_of(view), *pair) for pair in pairs if pair[1] != pair[2])
            told(done, len(wanted))

    async with asyncio.TaskGroup() as tasks:
        for _ in range(AT_ONCE):
            tasks.create_task(look())
    return Checked(len(wanted), figures, sorted(found, key=lambda each: each[:3]))


def query_of(view: View) -> dict[str, str]:
    days = {"as_of": view.as_of, "known_on": view.known_on}
    return {name: day.isoformat() for name, day in days.items() if day != LATEST}


def name_of(view: View) -> str:
    return " ".join(f"{name} {day}" for name, day in query_of(view).items()) or "latest"


Pair = tuple[str, object, object]  # what, by the account, in the report


def compared(plan: Plan, view: View, area: str, report: Json) -> Iterator[Pair]:
    yield from whole(report)
    for name in FIGURES:
        if area.count(".") < 2 or name not in OF_DISTRICTS:
            theirs = report["figures"][name]
            yield name, (ours := shown(name, view.figure(area, name))), theirs["value"]
            if ours is not None and name not in OF_DISTRICTS:
                yield f"{name} range", (ours, ours), (theirs["low"], theirs["high"])
    [period] = report["periods"]
    if date.fromisoformat(period["start"]) >= plan.begin:
        for metric in FLOWS:
            days = date.fromisoformat(period["start"]), date.fromisoformat(period["end"])
            yield f"flow of {metric}", view.flow(area, metric, *days), period["flows"][metric]["value"]
    if areas.level_of(area) == "district" and not areas.is_unassigned(area):
        yield from things(view, area, report)
        yield from statements(view, area, report)


def whole(report: Json) -> Iterator[Pair]:
    """Nothing is parked, and nobody stopped listening."""
    for name, source in report["sources"].items():
        yield f"source {name}", ("running", 0), (source["state"], source["parked"])


def things(view: View, area: str, report: Json) -> Iterator[Pair]:
    items = {(kind, item["id"]): item for kind in KINDS for item in report["items"][kind]}
    targets = {target["id"]: target for target in report["targets"]}
    for kind, id, thing in view.things(area):
        if kind == "target":
            found = targets.get(id, {})
            required, remaining = view.target(thing)
            theirs = found.get("due_on"), value(found, "required"), value(found, "remaining")
            yield f"target {id}", (iso(thing.due_on), required, remaining), theirs
            continue
        item = items.get((kind, id), {})
        ours = thing.area, thing.state, iso(thing.since), iso(thing.changed_on), iso(thing.due_on)
        yield f"{kind} {id}", ours, tuple(item.get(word) for word in ("area", "state", "since", "changed_on", "due_on"))
        if kind == "requisition":
            said = {word: value(item.get("data", {}), word) for word in thing.said}
            yield f"requisition {id} pieces", dict(thing.said), said


def value(fields: Mapping[str, Any], name: str) -> Any:  # Any: JSON
    return (fields.get(name) or {}).get("value")


def iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def statements(view: View, area: str, report: Json) -> Iterator[Pair]:
    found = {said["id"]: said for said in report["statements"]}
    for said in in_view(view, area):
        then = View(view.account, view.today, said.as_of, view.known_on)
        ours = then.level(area, said.figure)
        verdict = "cannot_be_checked" if ours is None else "holds" if ours == said.value else "differs"
        difference = None if ours is None else said.value - ours
        theirs = found.get(said.id, {})
        yield f"statement {said.id}", (verdict, difference), (theirs.get("check"), theirs.get("difference"))


def in_view(view: View, area: str) -> Iterable[Stated]:
    return [
        said
        for said in view.account.stated.get(area, ())
        if said.as_of <= view.as_of and said.known_on <= view.known_on
    ]
