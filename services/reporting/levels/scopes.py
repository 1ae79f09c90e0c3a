"""Scopes: which districts or sub-districts an area's figure sums, and what is taken off again."""

from typing import Literal, NamedTuple

from shared.base import areas

PlaceKind = Literal["district", "subdistrict"]


class FigureScope(NamedTuple):
    """The rest of a district is its district, less its sub-districts."""

    added: tuple[str, ...]
    taken_off: tuple[str, ...] = ()


def is_below_district(area: str) -> bool:
    return area.count(".") == 2


def is_rest(area: str) -> bool:
    """`61.03.00`: what is in the district and in no sub-district that is known."""
    return is_below_district(area) and area.endswith(".00")


def is_roll_up(area: str) -> bool:
    """The nation or a province: the sum of its districts."""
    return "." not in area


def scope_of(area: str) -> FigureScope:
    """A province's own store, `61.00`, is its own line and in no sum."""
    if is_rest(area):
        district = areas.district_of(area)
        return FigureScope((district,), areas.subdistricts_of(district))
    return FigureScope(areas.districts_in(area) if is_roll_up(area) else (area,))


def kind_of(place: str) -> PlaceKind:
    """How the books keep a place: each district as a whole, and each sub-district."""
    return "subdistrict" if is_below_district(place) else "district"
