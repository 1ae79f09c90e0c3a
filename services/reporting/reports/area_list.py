"""Area list: the districts or sub-districts of an area, each with a few figures."""

from services.reporting.levels.formulas import evaluate
from services.reporting.levels.load_snapshot import ReportQuery
from services.reporting.levels.scopes import is_below_district, is_roll_up
from services.reporting.levels.snapshot import View
from services.reporting.reports.withheld import ALL_SHOWN, Withheld
from services.reporting.schemas.amount import ends_of
from services.reporting.schemas.area_list import AreaShape
from services.reporting.schemas.figure import FigureSummary
from services.reporting.subjects.figure import Figure
from services.reporting.subjects.figures import FIGURES
from shared.base import areas

FIGURES_IN_LIST = ("required_population", "recorded", "coverage_percent")


def parts_of(area: str) -> tuple[str, ...]:
    """What it is divided into. A sub-district, and what is unassigned, has no parts here."""
    if is_roll_up(area):
        return areas.districts_in(area)
    return () if is_below_district(area) else areas.subdistricts_of(area)


def query_of_parts(asked: ReportQuery) -> ReportQuery:
    """What must be read for the parts: of a district the rest, which reads the district and its sub-districts."""
    is_divided = not is_roll_up(asked.area) and parts_of(asked.area)
    return asked._replace(area=f"{asked.area}.00") if is_divided else asked


def list_areas(
    view: View,
    area: str,
    query: str = "",
    *,
    withheld: Withheld = ALL_SHOWN,
) -> list[AreaShape]:
    """Every part, in order of code: its figures as its own report has them, and its connection where one is named."""
    names = [name for name in FIGURES_IN_LIST if not withheld.has_figure(name)]
    connections = {} if is_roll_up(area) else {item.area: item for item in view.items("connection", area)}
    return [
        AreaShape(
            area=part,
            name=areas.name_of(part),
            figures={name: summarize_figure(view, part, FIGURES[name], query) for name in names},
            connection=connections[part].state if part in connections else None,
        )
        for part in parts_of(area)
        if not withheld.has_area(part)
    ]


def summarize_figure(view: View, part: str, each: Figure, query: str) -> FigureSummary:
    """What a table of many places needs of a figure, as its own report has it. A district is one place."""
    amount, rests_on = evaluate(view, part, each.formula)
    levels = [level for place in rests_on for leaf in each.formula.leaves() for level in leaf.levels(view, place)]
    facts = [level.last_fact_on for level in levels if level.last_fact_on]
    return FigureSummary(
        **ends_of(amount, is_ratio=each.is_ratio),
        unit=each.unit,
        known=amount is not None,
        last_fact_on=min(facts, default=None),
        explain=f"/v1/reports/{part}/figures/{each.name}{query}",
    )
