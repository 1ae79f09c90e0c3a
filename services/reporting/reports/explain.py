"""Explain: how a number came about, down to the anchor with its reason and the deltas by day and kind of event."""

from typing import Any

from services.reporting.levels.formulas import LevelOf, evaluate
from services.reporting.levels.load_snapshot import ReportQuery
from services.reporting.levels.scopes import is_roll_up, kind_of, scope_of
from services.reporting.levels.snapshot import View
from services.reporting.levels.trace_queries import AnchorTrace, DeltaRow, Trace, trace_level
from services.reporting.reports.build import describe_figure
from services.reporting.reports.serialize import Json, amount_json, iso
from services.reporting.reports.withheld import ALL_SHOWN, Withheld
from services.reporting.subjects.figures import Figure
from shared.base import areas
from shared.base.amounts import ZERO, Amount
from shared.db import Session

ROWS_AT_MOST = 2000


async def build_explanation(
    session: Session, view: View, asked: ReportQuery, each: Figure, query: str, withheld: Withheld = ALL_SHOWN
) -> Json:
    """Of the rest of a district: its district, and the known sub-districts that are taken off.

    A formula that reads a hidden figure is not told, nor are hidden leaves and places.
    """
    formula = each.formula.resolved(view, asked.area)
    written = None if formula is None or withheld.has_leaf(formula) else formula
    told: Json = {
        "figure": each.name,
        "label": each.label,
        "source": each.source,
        "formula": written.text("identifiers") if written else None,
        "in_words": {tongue: written.text(tongue) for tongue in ("id", "en")} if written else None,
        **describe_figure(view, asked.area, each, query, withheld),
    }
    metrics = [metric for metric in metrics_of(view, asked, each) if not withheld.has_figure(metric)]
    told["leaves"] = [await explain_leaf(session, view, asked, metric, each, query, withheld) for metric in metrics]
    return told


def metrics_of(view: View, asked: ReportQuery, each: Figure) -> list[str]:
    formula = each.formula.resolved(view, asked.area)
    leaves = formula.leaves() if formula else ()
    return list(dict.fromkeys(leaf.metric for leaf in leaves if isinstance(leaf, LevelOf)))


async def explain_leaf(
    session: Session, view: View, asked: ReportQuery, metric: str, each: Figure, query: str, withheld: Withheld
) -> Json:
    """A metric in each place it was read. In a roll-up the places the figure rests on, each with its own link."""
    places = scope_of(asked.area)
    rests_on = evaluate(view, asked.area, each.formula).places
    if is_roll_up(asked.area):
        found = [
            summarize_place(view, place, metric, each, query) for place in rests_on if not withheld.has_area(place)
        ]
    else:
        named = [place for place in places.added + places.taken_off if not withheld.has_area(place)]
        found = [await explain_place(session, view, asked, place, metric) for place in named]
    return {"metric": metric, "places": found}


def summarize_place(view: View, place: str, metric: str, each: Figure, query: str) -> Json:
    level = view.level(place, metric)
    return {
        "area": place,
        "name": areas.name_of(place),
        "amount": amount_json(level.amount),
        "anchor": {"as_of": iso(level.anchor_on), "basis": level.basis or None} if level.anchor_on else None,
        "explain": f"/v1/reports/{place}/figures/{each.name}{query}",
    }


async def explain_place(session: Session, view: View, asked: ReportQuery, place: str, metric: str) -> Json:
    level = view.level(place, metric)
    found = await trace_level(session, place, metric, kind_of(place), asked.as_of, asked.known_on, asked.basis)
    return {
        "area": place,
        "name": areas.name_of(place),
        "amount": amount_json(level.amount),
        "at_least": level.at_least if level.amount is None else None,
        **describe_trace(found),
    }


def describe_trace(found: Trace) -> Json:
    deltas, covered = by_day_and_cause(found.deltas), by_day_and_cause(found.covered)
    return {
        "anchor": describe_anchor(found.anchor) if found.anchor else None,
        "deltas": deltas[-ROWS_AT_MOST:],
        "deltas_left_out": max(0, len(deltas) - ROWS_AT_MOST),
        "covered": covered[-ROWS_AT_MOST:],
    }


def describe_anchor(anchor: AnchorTrace) -> Json:
    return {
        "as_of": iso(anchor.as_of),
        "known_on": iso(anchor.known_on),
        "basis": anchor.basis or None,
        "amount": amount_json(anchor.amount),
        "source": anchor.source,
        "reason": anchor.reason,
        "difference": amount_json(anchor.difference) if anchor.difference is not None else None,
    }


def by_day_and_cause(rows: list[DeltaRow]) -> list[Json]:
    sums: dict[tuple[Any, str], Amount] = {}  # Any: a date
    for row in rows:
        key = row.occurred_on, row.cause
        sums[key] = sums.get(key, ZERO) + row.amount
    return [{"occurred_on": iso(on), "cause": cause, **amount_json(amount)} for (on, cause), amount in sums.items()]
