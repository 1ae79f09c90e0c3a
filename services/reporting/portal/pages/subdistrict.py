"""A sub-district, and what is in none: what is known, what is not, and why."""

from services.reporting.books import View
from services.reporting.places import is_below_district
from services.reporting.portal.pages.frame import Page, framed, place_name
from services.reporting.portal.pages.levels import levels_section
from services.reporting.portal.pages.sayings import sayings
from services.reporting.portal.pages.unknown import why
from services.reporting.portal.sight import Sight
from services.reporting.showing import Json


def page(sight: Sight, told: Json, view: View, over_time: Json | None) -> Page:
    """view: of books that hold the district too."""
    figures = told["figures"]
    unknown = [(name, why(sight, view, name, each)) for name, each in figures.items() if not each["known"]]
    [connection] = told["items"]["connection"][:1] or [None]
    return framed(
        sight,
        told,
        place_name(sight.t, sight.area),
        {
            "known": [name for name, each in figures.items() if each["known"]],
            "unknown": by_reason(unknown),
            "is_subdistrict": is_below_district(sight.area),
            "connection": connection,
            "levels": levels_section(sight, over_time) if over_time else None,
            "things": [(kind, each) for kind, found in told["items"].items() if kind != "connection" for each in found],
            "sayings": sayings(sight, told["statements"]),
        },
    )


def by_reason(unknown: list[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    """Figures that are unknown for the same reason share it."""
    found: dict[str, list[str]] = {}
    for name, reason in unknown:
        found.setdefault(reason, []).append(name)
    return list(found.items())
