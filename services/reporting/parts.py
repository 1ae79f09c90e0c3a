"""Parts: the districts of the nation or a province, the sub-districts of a district, each with a few figures."""

from collections.abc import Collection

from services.reporting.books import View
from services.reporting.figures import FIGURES, Figure
from services.reporting.formulas import figure
from services.reporting.places import is_below_district, is_roll_up
from services.reporting.reading import Asked
from services.reporting.reports import iso
from services.reporting.showing import Json, shown
from shared import areas

FIGURES_OF_PARTS = ("required_population", "recorded", "coverage_percent")


def parts_of(area: str) -> tuple[str, ...]:
    """What it is divided into. A sub-district, and what is unassigned, has no parts here."""
    if is_roll_up(area):
        return areas.districts_in(area)
    return () if is_below_district(area) else areas.subdistricts_of(area)


def asked_of_parts(asked: Asked) -> Asked:
    """What must be read for the parts: of a district the rest, which reads the district and its sub-districts."""
    is_divided = not is_roll_up(asked.area) and parts_of(asked.area)
    return asked._replace(area=f"{asked.area}.00") if is_divided else asked


def parts(
    view: View,
    area: str,
    query: str = "",
    *,
    hidden: Collection[str] = (),
    hidden_areas: Collection[str] = (),
) -> list[Json]:
    """Every part, in order of code: its figures as its own report has them, and its connection where one is named."""
    names = [name for name in FIGURES_OF_PARTS if name not in hidden]
    connections = {} if is_roll_up(area) else {item.area: item for item in view.things("connection", area)}
    return [
        {
            "area": part,
            "name": areas.name_of(part),
            "figures": {name: in_short(view, part, FIGURES[name], query) for name in names},
            "connection": connections[part].state if part in connections else None,
        }
        for part in parts_of(area)
        if not any(areas.lies_in(part, each) for each in hidden_areas)
    ]


def in_short(view: View, part: str, each: Figure, query: str) -> Json:
    """What a table of many places needs of a figure, as its own report has it. A district is one place."""
    amount, rests_on = figure(view, part, each.formula)
    levels = [level for place in rests_on for leaf in each.formula.leaves() for level in leaf.levels(view, place)]
    facts = [level.last_fact_on for level in levels if level.last_fact_on]
    return {
        **shown(amount, is_ratio=each.is_ratio),
        "unit": each.unit,
        "known": amount is not None,
        "last_fact_on": iso(min(facts, default=None)),
        "explain": f"/v1/reports/{part}/figures/{each.name}{query}",
    }
