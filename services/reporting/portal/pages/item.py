"""A thing with a state (a requisition, a promise, an incident, a repair, a target): all that was said of it."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from services.reporting.levels.snapshot import ItemRow, View
from services.reporting.portal.page_context import PageContext
from services.reporting.portal.pages.layout import Page, with_layout
from services.reporting.reports.build import visible_items
from services.reporting.reports.withheld import Withheld
from services.reporting.schemas.item import stated_amount
from services.reporting.schemas.report import ReportAnswer
from shared.base import areas
from shared.base.errors import NotFound

KINDS = ("requisition", "delivery", "incident", "repair", "connection", "target")
WORDS = {"cause": "cause", "layer": "layer", "what": "what", "component": "component", "payer": "owner", "by": "who"}


class HistoryLine(NamedTuple):
    """What was said of a thing on a day."""

    on: date
    state: str
    due_on: date | None
    taken_back: bool
    fields: list[tuple[str, str]]


def page(context: PageContext, report: ReportAnswer, view: View, item: str, withheld: Withheld) -> Page:
    """Raises NotFound for what is nothing of this area."""
    kind, rows = found(view, context.area, item, withheld)
    shown = next(each for each in (*report.items.get(kind, ()), *report.targets) if each.id == item)
    title = context.t(f"item_{kind}")
    history = [line(context, row, withheld) for row in rows]
    return with_layout(context, report, f"{title}: {report.name}", {"kind_of": kind, "item": shown, "history": history})


def found(view: View, area: str, item: str, withheld: Withheld) -> tuple[str, list[ItemRow]]:
    for kind in KINDS:
        if any(each.id == item for each in visible_items(view, kind, area, withheld)):
            [rows] = [rows for rows in view.snapshot.items[kind] if rows[0].id == item]
            return kind, [row for row in rows if row.occurred_on <= view.as_of]
    raise NotFound


def line(context: PageContext, row: ItemRow, withheld: Withheld) -> HistoryLine:
    data = withheld.without_areas(dict(row.data))
    fields = [(context.t.word("field", name), value_of(context, name, value)) for name, value in data.items()]
    shown = [(name, value) for name, value in fields if value]
    return HistoryLine(row.occurred_on, row.state, row.due_on, row.taken_back, shown)


def value_of(context: PageContext, name: str, value: Any) -> str:  # Any: JSON
    """Numbers in the language's form, known words in its words, all else as it was written."""
    t = context.t
    if value is None:
        return t("unknown")
    if isinstance(value, Mapping):
        amount = stated_amount(value)
        return t.amount(amount) if amount else ""
    if isinstance(value, list):
        return t.listed([t.word("service", each) for each in value])
    if isinstance(value, int):
        return t.number(value)
    if name == "supplier" and areas.exists(str(value)):
        return areas.name_of(value)
    return t.word(WORDS[name], value) if name in WORDS else str(value)
