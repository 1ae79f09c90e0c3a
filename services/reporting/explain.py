"""Explain: how a number came about, down to the anchor with its reason and the deltas by day and kind of event."""

from typing import Any

from services.reporting.books import View
from services.reporting.figures import Figure
from services.reporting.formulas import LevelOf, figure
from services.reporting.places import is_roll_up, kind_of, places_of
from services.reporting.queries.traces import Counted, Started, Trace, trace
from services.reporting.reading import Asked
from services.reporting.reports import describe, iso
from services.reporting.showing import Json, shown
from shared import areas
from shared.amounts import NOTHING, Amount
from shared.db import Session

ROWS_AT_MOST = 2000


async def explain(session: Session, view: View, asked: Asked, each: Figure, query: str) -> Json:
    """Of the rest of a district: its district, and the known sub-districts that are taken off."""
    formula = each.formula.resolved(view, asked.area)
    told: Json = {
        "figure": each.name,
        "label": each.label,
        "source": each.source,
        "formula": formula.text("identifiers") if formula else None,
        "in_words": {tongue: formula.text(tongue) for tongue in ("id", "en")} if formula else None,
        **describe(view, asked.area, each, query),
    }
    told["leaves"] = [await leaf(session, view, asked, metric, each, query) for metric in metrics_of(view, asked, each)]
    return told


def metrics_of(view: View, asked: Asked, each: Figure) -> list[str]:
    formula = each.formula.resolved(view, asked.area)
    leaves = formula.leaves() if formula else ()
    return list(dict.fromkeys(leaf.metric for leaf in leaves if isinstance(leaf, LevelOf)))


async def leaf(session: Session, view: View, asked: Asked, metric: str, each: Figure, query: str) -> Json:
    """A metric in each place it was read. In a roll-up the places the figure rests on, each with its own link."""
    places = places_of(asked.area)
    rests_on = figure(view, asked.area, each.formula).places
    if is_roll_up(asked.area):
        found = [summary(view, place, metric, each, query) for place in rests_on]
    else:
        found = [await in_full(session, view, asked, place, metric) for place in places.added + places.taken_off]
    return {"metric": metric, "places": found}


def summary(view: View, place: str, metric: str, each: Figure, query: str) -> Json:
    level = view.level(place, metric)
    return {
        "area": place,
        "name": areas.name_of(place),
        "amount": shown(level.amount),
        "anchor": {"as_of": iso(level.anchor_on), "basis": level.basis or None} if level.anchor_on else None,
        "explain": f"/v1/reports/{place}/figures/{each.name}{query}",
    }


async def in_full(session: Session, view: View, asked: Asked, place: str, metric: str) -> Json:
    level = view.level(place, metric)
    found = await trace(session, place, metric, kind_of(place), asked.as_of, asked.known_on, asked.basis)
    return {
        "area": place,
        "name": areas.name_of(place),
        "amount": shown(level.amount),
        "at_least": level.at_least if level.amount is None else None,
        **traced(found),
    }


def traced(found: Trace) -> Json:
    deltas, covered = by_day_and_cause(found.deltas), by_day_and_cause(found.covered)
    return {
        "anchor": started(found.anchor) if found.anchor else None,
        "deltas": deltas[-ROWS_AT_MOST:],
        "deltas_left_out": max(0, len(deltas) - ROWS_AT_MOST),
        "covered": covered[-ROWS_AT_MOST:],
    }


def started(anchor: Started) -> Json:
    return {
        "as_of": iso(anchor.as_of),
        "known_on": iso(anchor.known_on),
        "basis": anchor.basis or None,
        "amount": shown(anchor.amount),
        "source": anchor.source,
        "reason": anchor.reason,
        "difference": shown(anchor.difference) if anchor.difference is not None else None,
    }


def by_day_and_cause(rows: list[Counted]) -> list[Json]:
    sums: dict[tuple[Any, str], Amount] = {}  # Any: a date
    for row in rows:
        key = row.occurred_on, row.cause
        sums[key] = sums.get(key, NOTHING) + row.amount
    return [{"occurred_on": iso(on), "cause": cause, **shown(amount)} for (on, cause), amount in sums.items()]
