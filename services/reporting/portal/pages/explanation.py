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
    sight: PageContext, told: Json, view: View, statements: Sequence[Json], over_time: Json | None, withheld: Withheld
) -> Page:
    """statements: about the area, each with its verdict. view: holds the district and its sub-districts."""
    t, name = sight.t, told["figure"]
    return with_layout(
        sight,
        told,
        f"{t.figure(name)}: {place_name(t, sight.area)}",
        {
            "name": name,
            "why": why(sight, view, name, told, withheld) if not told["known"] else None,
            "in_words": told["in_words"][t.code] if told["in_words"] else None,
            "leaves": [leaf(sight, each, statements) for each in told["leaves"]],
            "left_out": left_out(sight, told, withheld),
            "is_roll_up": is_roll_up(sight.area),
            "levels": levels_section(sight, over_time) if over_time else None,
            "sayings": list_statements(sight, [said for said in statements if CHECKED.get(said["figure"]) == name]),
        },
    )


def leaf(sight: PageContext, told: Json, statements: Sequence[Json]) -> Json:
    return {
        "label": sight.t.figure(told["metric"]),
        "metric": told["metric"],
        "places": [place(sight, each, statements) for each in told["places"]],
    }


def place(sight: PageContext, told: Json, statements: Sequence[Json]) -> Json:
    """In full for a district or sub-district; of a roll-up's places a line each."""
    anchor, deltas = told["anchor"], told.get("deltas", [])
    return {
        **told,
        "name": place_name(sight.t, told["area"]),
        "cited": cited(anchor.get("source", ""), statements) if anchor else [],
        "deltas": list(reversed(deltas))[:DELTAS_AT_MOST],
        "deltas_older": max(0, len(deltas) - DELTAS_AT_MOST) + told.get("deltas_left_out", 0),
        "covered": told.get("covered", []),
    }


def cited(source: str, statements: Sequence[Json]) -> list[Json]:
    """The statements that an anchor names as its source: who said it, where, when."""
    labels = source.split(";")
    return [said for said in statements if said["label"] in labels]


def left_out(sight: PageContext, told: Json, withheld: Withheld) -> list[tuple[str, str]]:
    """Of a roll-up: the districts that are not in it, because something it needs is unknown there."""
    if not is_roll_up(sight.area):
        return []
    counted = {each["area"] for leaf in told["leaves"] for each in leaf["places"]}
    named = [code for code in areas.districts_in(sight.area) if not withheld.has_area(code)]
    return [(code, areas.name_of(code)) for code in named if code not in counted]
