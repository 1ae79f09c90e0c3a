"""Maps: places coloured by what is known of them; what is unknown has a pattern of its own, not a colour."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import groupby, pairwise
from typing import NamedTuple

from markupsafe import Markup, escape

from services.reporting.portal.outlines import drawing
from services.reporting.portal.page_context import PageContext
from services.reporting.schemas.amount import Number
from services.reporting.schemas.area_list import AreaShape
from shared.base import areas

CLASSES = (60, 80, 90, 97)  # percent of coverage where a darker colour begins (docs/domain.md: Outreach and pace)
UNKNOWN = "unknown"


class Place(NamedTuple):
    """kind: names its colour or pattern. said: what a pointer is told."""

    area: str
    kind: str
    said: str


def class_of(coverage: Number | None) -> str:
    """`c0` to `c4`, or unknown. coverage: decimal text, as JSON has it."""
    if coverage is None:
        return UNKNOWN
    return f"c{sum(Fraction(coverage) >= bound for bound in CLASSES)}"


def coverage_map(context: PageContext, parts: Sequence[AreaShape]) -> Markup | None:
    places = {}
    for part in parts:
        found = part.figures["coverage_percent"]
        said = context.t("map_place", name=part.name, value=context.t.amount(found))
        places[part.area] = Place(part.area, class_of(found.value), said)
    return map_of(context, context.area, places)


def connection_map(context: PageContext, parts: Sequence[AreaShape]) -> Markup | None:
    places = {}
    for part in parts:
        state = part.connection or UNKNOWN
        said = context.t("map_place", name=part.name, value=context.t.word("connection", state))
        places[part.area] = Place(part.area, state, said)
    return map_of(context, context.area, places)


def map_of(context: PageContext, area: str, places: Mapping[str, Place]) -> Markup | None:
    """Links for a pointer; who reads or tabs finds the same in the table beside it."""
    found = drawing(area)
    if found is None:
        return None
    shapes = [(places[code], path) for code, path in found.paths.items() if code in places]
    shapes = merged(context, shapes) if area == areas.NATION else shapes
    drawn = "".join(shape(context, place, path) for place, path in shapes)
    return Markup(
        f'<svg class="map {areas.level_of(area)}" aria-hidden="true" viewBox="0 0 {found.width} {found.height}">'
        f"{drawn}</svg>"
    )


def shape(context: PageContext, place: Place, path: str) -> str:
    return (
        f'<a href="{escape(context.page(place.area))}" tabindex="-1"><path class="{place.kind}" d="{path}">'
        f"<title>{escape(place.said)}</title></path></a>"
    )


def merged(context: PageContext, shapes: Sequence[tuple[Place, str]]) -> list[tuple[Place, str]]:
    """On the nation's map the unknown districts of a province are one shape, which leads to the province."""
    found = []
    for province, group in groupby(shapes, key=lambda each: areas.province_of(each[0].area)):
        mine = list(group)
        unknown = [path for place, path in mine if place.kind == UNKNOWN]
        if unknown:
            said = context.t("map_unknown", name=areas.name_of(province), n=len(unknown))
            found.append((Place(province, UNKNOWN, said), "".join(unknown)))
        found += [each for each in mine if each[0].kind != UNKNOWN]
    return found


def legend(context: PageContext) -> list[tuple[str, str]]:
    """Kinds from light to dark, each with its words."""
    t = context.t
    bounds = [t.number(bound) for bound in CLASSES]
    labels = [t("map_below", to=bounds[0])]
    labels += [t("map_between", of=of, to=to) for of, to in pairwise(bounds)]
    labels.append(t("map_above", of=bounds[-1]))
    return [*((f"c{number}", words) for number, words in enumerate(labels)), (UNKNOWN, t("map_unknown_key"))]
