"""The nation and the provinces: how much is known and how old it is, a map and the same as a table, and the sums."""

from collections.abc import Iterator, Sequence
from datetime import date

from services.reporting.portal import maps
from services.reporting.portal.page_context import PageContext
from services.reporting.portal.pages.layout import Page, with_layout
from services.reporting.reports.area_list import FIGURES_IN_LIST
from services.reporting.schemas.area_list import AreaShape
from services.reporting.schemas.report import ReportAnswer
from shared.base import areas

KEYS = ("required_population", "recorded", "coverage_percent", "printed_first", "unprinted", "blank_stock")


def page(context: PageContext, report: ReportAnswer, parts: Sequence[AreaShape]) -> Page:
    """parts: its districts, each with a few figures."""
    figures = report.figures
    title = context.t("title_nation") if context.area == areas.NATION else report.name
    since = {part.area: min(days_of([part])) for part in parts if is_known(part)}
    return with_layout(
        context,
        report,
        title,
        {
            "headline": headline(context, parts),
            "keys": [name for name in KEYS if name in figures],
            "map": maps.coverage_map(context, parts) if "coverage_percent" in figures else None,
            "legend": maps.legend(context),
            "parts": sorted(parts, key=lambda part: part.area not in since),
            "columns": [name for name in FIGURES_IN_LIST if name in figures],
            "unknown": {part.area for part in parts} - since.keys(),
            "since": since,
            "provinces": {code: areas.name_of(code) for code in provinces_of(parts)} if is_nation(context) else None,
            "sums": [name for name, each in figures.items() if each.known and name not in KEYS],
        },
    )


def is_nation(context: PageContext) -> bool:
    return context.area == areas.NATION


def provinces_of(parts: Sequence[AreaShape]) -> set[str]:
    return {areas.province_of(part.area) for part in parts}


def headline(context: PageContext, parts: Sequence[AreaShape]) -> str:
    """How many districts are known and how old the figures are, in one sentence."""
    t, days = context.t, sorted(days_of(parts))
    known = {"n": t.number(sum(map(is_known, parts))), "of": t.number(len(parts))}
    if not days:
        return t("headline_none", **known)
    oldest, newest = (t.month(day) for day in (days[0], days[-1]))
    age = t.age(days[0], context.today) or t("fresh")
    if oldest == newest:
        return t("headline_one_day", **known, day=oldest, age=age)
    return t("headline_days", **known, oldest=oldest, newest=newest, age=age)


def days_of(parts: Sequence[AreaShape]) -> Iterator[date]:
    for part in parts:
        yield from (each.last_fact_on for each in part.figures.values() if each.last_fact_on and each.known)


def is_known(part: AreaShape) -> bool:
    return any(each.known for each in part.figures.values())
