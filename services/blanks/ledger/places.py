"""Places where blanks can be. They are only moved between places, never made and never lost.

`store:<area>` holds them, `ministry` is where they come from, `printed`, `spoiled` and `destroyed` of a district are
where they end, and `counted` of a district takes and gives what a count finds.
"""

import re

from shared.base import areas

MINISTRY = "ministry"
SINKS = ("printed", "spoiled", "destroyed", "counted")
PLACE_PATTERN = re.compile(r"(?P<kind>store|printed|spoiled|destroyed|counted):(?P<area>[0-9.]+)")


def store_account(area: str) -> str:
    """The store of a sub-district, of an office (`61.03.00`), of a province (`61.00`) or of the nation (`00.00`)."""
    return f"store:{area}"


def sink_account(kind: str, district: str) -> str:
    return f"{kind}:{district}"


def store_area(place: str) -> str | None:
    """Whose store it is; none for a place that is no store."""
    kind, _, area = place.partition(":")
    return area if kind == "store" else None


def may_go_negative(place: str) -> bool:
    """A place they come from; and `counted`, which takes and gives what a count finds."""
    return place == MINISTRY or place.startswith("counted:")


def is_place(text: str) -> bool:
    """A place that a posting may name."""
    if text == MINISTRY:
        return True
    match = PLACE_PATTERN.fullmatch(text)
    if not match or not areas.AREA_CODE.fullmatch(match["area"]) or not areas.exists(match["area"]):
        return False
    if match["kind"] == "store":
        return areas.is_unassigned(match["area"]) or areas.level_of(match["area"]) == "subdistrict"
    return not areas.is_unassigned(match["area"]) and areas.level_of(match["area"]) != "subdistrict"


def responsible_office(place: str) -> str | None:
    """The district, province or nation that answers for a place; none for the ministry."""
    area = place.partition(":")[2]
    if not area:
        return None
    return area[: area.rindex(".")] if areas.is_unassigned(area) else areas.district_of(area)
