"""A figure explained: its formula in words, where it began and who said so, what changed by day, what was left out."""

from collections.abc import Sequence
from typing import NamedTuple

from services.reporting.levels.scopes import is_roll_up
from services.reporting.levels.snapshot import View
from services.reporting.portal.page_context import PageContext
from services.reporting.portal.pages.layout import Page, place_name, with_layout
from services.reporting.portal.pages.levels import levels_section
from services.reporting.portal.pages.statements import list_statements
from services.reporting.portal.pages.unknown import why
from services.reporting.reports.withheld import Withheld
from services.reporting.schemas.amount import AmountShape
from services.reporting.schemas.explanation import AnchorShape, DeltaShape, ExplanationAnswer, LeafShape, PlaceShape
from services.reporting.schemas.series import Series
from services.reporting.schemas.statement import StatementShape
from services.reporting.subjects.figures import CHECKED
from shared.base import areas

DELTAS_AT_MOST = 120


class PlaceSection(NamedTuple):
    """A level in a place. cited: the statements that its anchor names. deltas: the latest first."""

    area: str
    name: str
    amount: AmountShape
    anchor: AnchorShape | None
    cited: list[StatementShape]
    deltas: list[DeltaShape]
    deltas_older: int
    covered: list[DeltaShape]


class LeafSection(NamedTuple):
    label: str
    metric: str
    places: list[PlaceSection]


def page(
    context: PageContext,
    report: ExplanationAnswer,
    view: View,
    statements: Sequence[StatementShape],
    over_time: Series | None,
    withheld: Withheld,
) -> Page:
    """statements: about the area, each with its verdict. view: holds the district and its sub-districts."""
    t, name, figure = context.t, report.figure, report.as_in_report
    return with_layout(
        context,
        report,
        f"{t.figure(name)}: {place_name(t, context.area)}",
        {
            "name": name,
            "figure": figure,
            "why": None if figure.known else why(context, view, name, figure, withheld),
            "in_words": report.in_words[t.code] if report.in_words else None,
            "leaves": [leaf_section(context, leaf, statements) for leaf in report.leaves],
            "left_out": left_out(context, report, withheld),
            "is_roll_up": is_roll_up(context.area),
            "levels": levels_section(context, over_time) if over_time else None,
            "statements": list_statements(context, [said for said in statements if CHECKED.get(said.figure) == name]),
        },
    )


def leaf_section(context: PageContext, leaf: LeafShape, statements: Sequence[StatementShape]) -> LeafSection:
    places = [place_section(context, place, statements) for place in leaf.places]
    return LeafSection(context.t.figure(leaf.metric), leaf.metric, places)


def place_section(context: PageContext, place: PlaceShape, statements: Sequence[StatementShape]) -> PlaceSection:
    """In full for a district or sub-district; of a roll-up's places a line each."""
    deltas = place.deltas or []
    return PlaceSection(
        area=place.area,
        name=place_name(context.t, place.area),
        amount=place.amount,
        anchor=place.anchor,
        cited=cited(place.anchor.source or "", statements) if place.anchor else [],
        deltas=deltas[::-1][:DELTAS_AT_MOST],
        deltas_older=max(0, len(deltas) - DELTAS_AT_MOST) + (place.deltas_left_out or 0),
        covered=place.covered or [],
    )


def cited(source: str, statements: Sequence[StatementShape]) -> list[StatementShape]:
    """The statements that an anchor names as its source: who said it, where, when."""
    labels = source.split(";")
    return [said for said in statements if said.label in labels]


def left_out(context: PageContext, report: ExplanationAnswer, withheld: Withheld) -> list[tuple[str, str]]:
    """Of a roll-up: the districts that are not in it, because something it needs is unknown there."""
    if not is_roll_up(context.area):
        return []
    counted = {place.area for leaf in report.leaves for place in leaf.places}
    named = [code for code in areas.districts_in(context.area) if not withheld.has_area(code)]
    return [(code, areas.name_of(code)) for code in named if code not in counted]
