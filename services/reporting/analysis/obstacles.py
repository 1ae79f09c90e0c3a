"""Obstacles: what stands between an area and its work, read off its report."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import NamedTuple

from services.reporting.analysis.alerts import is_stock_out
from services.reporting.analysis.endings import has_ended
from services.reporting.schemas.amount import HasEnds
from services.reporting.schemas.figure import FigureShape
from services.reporting.schemas.item import ItemShape
from services.reporting.schemas.report import ReportAnswer

UNPRINTED_PARTS = (
    "unprinted_print_ready", "unprinted_held", "unprinted_in_transit", "unprinted_failed", "unprinted_on_kit",
    "unprinted_not_broken_down",
)  # fmt: skip
MISSING = ("unrecorded", "subdistricts_offline")


class Outage(NamedTuple):
    """An incident that is not over."""

    incident: ItemShape


class StockOut(NamedTuple):
    stock: FigureShape


class OverdueDelivery(NamedTuple):
    delivery: ItemShape


class Backlog(NamedTuple):
    """People or cards that wait, or sub-districts without a line, by the figure that counts them."""

    name: str
    figure: FigureShape


Obstacle = Outage | StockOut | OverdueDelivery | Backlog


def obstacles(report: ReportAnswer) -> Iterator[Obstacle]:
    """The gravest first: outages, empty stores, broken promises, what waits, who is missing."""
    figures, items = report.figures, report.items
    for incident in items["incident"]:
        if not has_ended("incident", incident.state):
            yield Outage(incident)
    if is_stock_out(figures):
        yield StockOut(figures["blank_stock"])
    for delivery in items["delivery"]:
        if delivery.overdue_days:
            yield OverdueDelivery(delivery)
    if name := largest_backlog(figures):
        yield Backlog(name, figures[name])
    for name in MISSING:
        if is_above_zero(figures.get(name)):
            yield Backlog(name, figures[name])


def largest_backlog(figures: Mapping[str, FigureShape]) -> str | None:
    """Of the unprinted cards the part with the most."""
    waiting = [name for name in UNPRINTED_PARTS if is_above_zero(figures.get(name))]
    return max(waiting, key=lambda name: (Fraction(figures[name].value or 0), name), default=None)


def is_above_zero(shown: HasEnds | None) -> bool:
    """What is unknown is not known to be above zero."""
    return shown is not None and shown.value is not None and Fraction(shown.value) > 0
