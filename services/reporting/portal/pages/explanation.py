"""A figure explained: its formula in words, where it began and who said so, what changed by day, what was left out."""

from collections.abc import Sequence

from services.reporting.levels.scopes import is_roll_up
from services.reporting.levels.snapshot import View
from services.reporting.portal.page_context import PageContext
from services.reporting.portal.pages.layout import Page, place_name, with_layout
from services.reporting.portal.pages.levels import levels_section
from services.reporting.portal.pages.statements import list_statements
from services.reporting.portal.pages.unknown import why
from services.reporting.reports.serialize import Json
from services.reporting.reports.withheld import Withheld
from services.reporting.subjects.figures import CHECKED
from shared.base import areas

DELTAS_AT_MOST = 120


def page(
    context: PageContext,
    report: Json,
    view: View,
    statements: Sequence[Json],
    over_time: Json | None,
    withheld: Withheld,
) -> Page:
    """statements: about the area, each with its verdict. view: holds the district and its sub-districts."""
    t, name = context.t, report["figure"]
    return with_layout(
        context,
        report,
        f"{t.figure(name)}: {place_name(t, context.area)}",
        {
            "name": name,
            "why": why(context, view, name, report, withheld) if not report["known"] else None,
            "in_words": report["in_words"][t.code] if report["in_words"] else None,
            "leaves": [leaf(context, each, statements) for each in report["leaves"]],
            "left_out": left_out(context, report, withheld),
            "is_roll_up": is_roll_up(context.area),
            "levels": levels_section(context, over_time) if over_time else None,
            "statements": list_statements(
                context, [said for said in statements if CHECKED.get(said["figure"]) == name]
            ),
        },
    )


def leaf(context: PageContext, report: Json, statements: Sequence[Json]) -> Json:
    return {
        "label": context.t.figure(report["metric"]),
        "metric": report["metric"],
        "places": [place(context, each, statements) for each in report["places"]],
    }


def place(context: PageContext, report: Json, statements: Sequence[Json]) -> Json:
    """In full for a district or sub-district; of a roll-up's places a line each."""
    anchor, deltas = report["anchor"], report.get("deltas", [])
    return {
        **report,
        "name": place_name(context.t, report["area"]),
        "cited": cited(anchor.get("source", ""), statements) if anchor else [],
        "deltas": list(reversed(deltas))[:DELTAS_AT_MOST],
        "deltas_older": max(0, len(deltas) - DELTAS_AT_MOST) + report.get("deltas_left_out", 0),
        "covered": report.get("covered", []),
    }


def cited(source: str, statements: Sequence[Json]) -> list[Json]:
    """The statements that an anchor names as its source: who said it, where, when."""
    labels = source.split(";")
    return [said for said in statements if said["label"] in labels]


def left_out(context: PageContext, report: Json, withheld: Withheld) -> list[tuple[str, str]]:
    """Of a roll-up: the districts that are not in it, because something it needs is unknown there."""
    if not is_roll_up(context.area):
        return []
    counted = {each["area"] for leaf in report["leaves"] for each in leaf["places"]}
    named = [code for code in areas.districts_in(context.area) if not withheld.has_area(code)]
    return [(code, areas.name_of(code)) for code in named if code not in counted]
