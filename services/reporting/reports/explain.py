"""Explain: how a number came about, down to the anchor with its reason and the deltas by day and kind of event."""

from datetime import date

from msgspec.structs import asdict

from services.reporting.levels.formulas import LevelOf, evaluate
from services.reporting.levels.load_snapshot import ReportQuery
from services.reporting.levels.scopes import is_roll_up, kind_of, scope_of
from services.reporting.levels.snapshot import View
from services.reporting.levels.trace_queries import AnchorTrace, DeltaRow, trace_level
from services.reporting.reports.build import describe_figure
from services.reporting.reports.head import query_of
from services.reporting.reports.withheld import ALL_SHOWN, Withheld
from services.reporting.schemas.amount import amount_shape, known_ends
from services.reporting.schemas.explanation import AnchorShape, DeltaShape, ExplanationAnswer, LeafShape, PlaceShape
from services.reporting.schemas.report import AnswerHead
from services.reporting.subjects.figure import Figure
from shared.base import areas
from shared.base.amounts import ZERO, Amount
from shared.db import Session

ROWS_AT_MOST = 2000


async def build_explanation(
    session: Session,
    view: View,
    asked: ReportQuery,
    head: AnswerHead,
    each: Figure,
    withheld: Withheld = ALL_SHOWN,
) -> ExplanationAnswer:
    """Of the rest of a district: its district, and the known sub-districts that are taken off.

    A formula that reads a hidden figure is not told, nor are hidden leaves and places.
    """
    formula = each.formula.resolved(view, asked.area)
    written = None if formula is None or withheld.has_leaf(formula) else formula
    metrics = [metric for metric in metrics_of(view, asked, each) if not withheld.has_figure(metric)]
    in_report = describe_figure(view, asked.area, each, query_of(asked), withheld)
    return ExplanationAnswer(
        **asdict(head) | asdict(in_report),
        figure=each.name,
        label=each.label,
        source=each.source,
        formula=written.text("identifiers") if written else None,
        in_words={"id": written.text("id"), "en": written.text("en")} if written else None,
        leaves=[await explain_leaf(session, view, asked, metric, each, withheld) for metric in metrics],
    )


def metrics_of(view: View, asked: ReportQuery, each: Figure) -> list[str]:
    formula = each.formula.resolved(view, asked.area)
    leaves = formula.leaves() if formula else ()
    return list(dict.fromkeys(leaf.metric for leaf in leaves if isinstance(leaf, LevelOf)))


async def explain_leaf(
    session: Session, view: View, asked: ReportQuery, metric: str, each: Figure, withheld: Withheld
) -> LeafShape:
    """A metric in each place it was read. In a roll-up the places the figure rests on, each with its own link."""
    places = scope_of(asked.area)
    rests_on = evaluate(view, asked.area, each.formula).places
    if is_roll_up(asked.area):
        named = [place for place in rests_on if not withheld.has_area(place)]
        return LeafShape(
            metric=metric, places=[summarize_place(view, place, metric, each, query_of(asked)) for place in named]
        )
    named = [place for place in places.added + places.taken_off if not withheld.has_area(place)]
    return LeafShape(
        metric=metric, places=[await explain_place(session, view, asked, place, metric) for place in named]
    )


def summarize_place(view: View, place: str, metric: str, each: Figure, query: str) -> PlaceShape:
    level = view.level(place, metric)
    return PlaceShape(
        area=place,
        name=areas.name_of(place),
        amount=amount_shape(level.amount),
        anchor=AnchorShape(as_of=level.anchor_on, basis=level.basis or None) if level.anchor_on else None,
        explain=f"/v1/reports/{place}/figures/{each.name}{query}",
    )


async def explain_place(session: Session, view: View, asked: ReportQuery, place: str, metric: str) -> PlaceShape:
    level = view.level(place, metric)
    found = await trace_level(session, place, metric, kind_of(place), asked.as_of, asked.known_on, asked.basis)
    deltas, covered = by_day_and_cause(found.deltas), by_day_and_cause(found.covered)
    return PlaceShape(
        area=place,
        name=areas.name_of(place),
        amount=amount_shape(level.amount),
        at_least=level.at_least if level.amount is None else None,
        anchor=describe_anchor(found.anchor) if found.anchor else None,
        deltas=deltas[-ROWS_AT_MOST:],
        deltas_left_out=max(0, len(deltas) - ROWS_AT_MOST),
        covered=covered[-ROWS_AT_MOST:],
    )


def describe_anchor(anchor: AnchorTrace) -> AnchorShape:
    return AnchorShape(
        as_of=anchor.as_of,
        known_on=anchor.known_on,
        basis=anchor.basis or None,
        amount=amount_shape(anchor.amount),
        source=anchor.source,
        reason=anchor.reason,
        difference=amount_shape(anchor.difference) if anchor.difference is not None else None,
    )


def by_day_and_cause(rows: list[DeltaRow]) -> list[DeltaShape]:
    sums: dict[tuple[date, str], Amount] = {}
    for row in rows:
        key = row.occurred_on, row.cause
        sums[key] = sums.get(key, ZERO) + row.amount
    return [DeltaShape(occurred_on=on, cause=cause, **known_ends(amount)) for (on, cause), amount in sums.items()]
