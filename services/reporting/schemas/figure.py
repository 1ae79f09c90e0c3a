"""Figures of an area, and the flows of a period."""

from datetime import date

from services.reporting.schemas.amount import AmountWithUnit, Shape


class FigureShape(AmountWithUnit, frozen=True, kw_only=True):
    """A figure of an area, and what it rests on."""

    known: bool
    at_least: int | None
    places_known: int
    places: int
    last_fact_on: date | None
    anchor_on: date | None
    basis: str | None
    flags: list[str]
    explain: str


class FigureSummary(AmountWithUnit, frozen=True, kw_only=True):
    """What a table of many places needs of a figure."""

    known: bool
    last_fact_on: date | None
    explain: str


class FlowShape(AmountWithUnit, frozen=True, kw_only=True):
    known: bool
    places_known: int
    places: int


class PeriodShape(Shape, frozen=True, kw_only=True):
    """A month, and what happened in it."""

    start: date
    end: date
    status: str
    flows: dict[str, FlowShape]
