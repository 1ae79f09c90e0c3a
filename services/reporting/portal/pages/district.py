"""A district: what a person wants to know within ten seconds, then everything behind it, in the order of the work."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import partial
from itertools import islice
from typing import NamedTuple

from markupsafe import Markup

from services.reporting.analysis.endings import has_ended
from services.reporting.analysis.feasibility import next_target
from services.reporting.analysis.obstacles import (
    UNPRINTED_PARTS,
    Backlog,
    Obstacle,
    Outage,
    OverdueDelivery,
    StockOut,
    is_above_zero,
    obstacles,
)
from services.reporting.portal import charts, maps
from services.reporting.portal.page_context import PageContext
from services.reporting.portal.pages.layout import Page, with_layout
from services.reporting.portal.pages.levels import levels_section
from services.reporting.portal.pages.statements import list_statements
from services.reporting.schemas.amount import AmountShape
from services.reporting.schemas.area_list import AreaShape
from services.reporting.schemas.figure import FigureShape
from services.reporting.schemas.item import ItemShape, TargetShape
from services.reporting.schemas.report import ReportAnswer
from services.reporting.schemas.series import Series

WHOLES = {"required_population": ("recorded", "unrecorded"), "recorded": ("printed_first", *UNPRINTED_PARTS)}
CONNECTIONS = ("online", "offline", "degraded", "unknown")
OBSTACLES_AT_MOST = 4


def page(context: PageContext, report: ReportAnswer, parts: Sequence[AreaShape], over_time: Series) -> Page:
    """parts: its sub-districts. over_time: the series of its levels."""
    figures, items = report.figures, report.items
    return with_layout(
        context,
        report,
        report.name,
        {
            "target": next_target(report.targets),
            "obstacles": [obstacle_sentence(context, each) for each in islice(obstacles(report), OBSTACLES_AT_MOST)],
            "bars": [stacked_bar(context, whole, figures) for whole in WHOLES if whole in figures],
            "levels": levels_section(context, over_time),
            "requisitions": items["requisition"],
            "incidents": latest_first("incident", items["incident"]),
            "deliveries": latest_first("delivery", items["delivery"]),
            "repairs": latest_first("repair", items["repair"]),
            "connections": [name for name in CONNECTIONS if f"subdistricts_{name}" in figures],
            "parts": parts,
            "map": maps.connection_map(context, parts),
            "anonymous": any(is_above_zero(figures.get(f"subdistricts_{name}")) for name in CONNECTIONS[:3]),
            "statements": list_statements(context, report.statements),
            "target_name": partial(target_name, context),
            "target_number": partial(target_number, context),
        },
    )


def target_name(context: PageContext, target: TargetShape) -> str:
    """`80 % merekam`: a share of the required population, or a number of recordings."""
    t = context.t
    if target.recordings:
        return t("target_of_recordings", n=t.number(target.recordings))
    percent = Fraction(target.percent or 0)
    whole = int(percent) if percent.denominator == 1 else str(target.percent)
    return t("target_of_percent", n=t.number(whole, "percent"))


def target_number(context: PageContext, target: TargetShape, amount: AmountShape) -> Markup:
    """Leads to the target's own page: the figures `target_*` speak of the next due only."""
    return context.linked(amount, context.page(context.area, f"/items/{target.id}"))


def latest_first(kind: str, items: Sequence[ItemShape]) -> list[ItemShape]:
    """What goes on before what has ended."""
    return sorted(items, key=lambda each: (not has_ended(kind, each.state), each.since, each.id), reverse=True)


# ---------------------------------------------------------------------------------------------- what is in the way


def obstacle_sentence(context: PageContext, obstacle: Obstacle) -> Markup:
    t = context.t
    match obstacle:
        case Outage(incident):
            cause = t.word("cause", incident.data.get("cause", "unknown"))
            days = item_days(context, incident, incident.lasted_days)
            return fill_sentence(t("obstacle_incident"), cause=cause, days=days)
        case StockOut(stock):
            return fill_sentence(t("obstacle_no_blanks"), n=context.number("blank_stock", stock))
        case OverdueDelivery(delivery):
            what = t.word("what", delivery.data.get("what", ""))
            days = item_days(context, delivery, delivery.overdue_days)
            return fill_sentence(t("obstacle_overdue"), what=what, days=days)
        case Backlog(name, figure):
            return fill_sentence(t(f"obstacle_{name}"), n=context.number(name, figure))


def fill_sentence(sentence: str, **numbers: object) -> Markup:
    return Markup(sentence).format(**numbers)


def item_days(context: PageContext, item: ItemShape, days: int) -> Markup:
    """A number of days, leading to the thing's own page."""
    text = context.t("days", n=context.t.number(days))
    address = context.page(context.area, f"/items/{item.id}")
    return Markup('<a class="n" href="{}"><data value="{}">{}</data></a>').format(address, days, text)


# --------------------------------------------------------------------------------------------------- stacked bars


class StackedBar(NamedTuple):
    """A whole, and what it is made of. drawn: nothing where a part is unknown."""

    whole: str
    parts: list[tuple[str, Markup]]
    drawn: Markup
    flags: list[str]


def stacked_bar(context: PageContext, whole: str, figures: Mapping[str, FigureShape]) -> StackedBar:
    names = [name for name in WHOLES[whole] if name in figures]
    values = {name: Fraction(value) for name in names if (value := figures[name].value) is not None}
    segments = [charts.Segment(name, value) for name, value in values.items()]
    description = ", ".join(f"{context.t.figure(name)}: {context.t.amount(figures[name])}" for name in values)
    return StackedBar(
        whole=whole,
        parts=[(name, charts.swatch(name)) for name in names],
        drawn=charts.bar(segments, description) if len(values) == len(names) else Markup(""),
        flags=sorted({flag for name in names for flag in figures[name].flags}),
    )
