"""Series: figures over time."""

from datetime import date
from typing import NamedTuple

from services.reporting.schemas.amount import Number, Shape
from services.reporting.schemas.report import AnswerHead


class PointShape(Shape, frozen=True, kw_only=True):
    """A figure on a day. anchored: whether an anchor speaks for that day."""

    on: date
    value: Number
    low: Number
    high: Number
    anchored: bool


class Series(NamedTuple):
    """Points by figure, in order of day, until a day."""

    until: date
    points: dict[str, list[PointShape]]


class SeriesAnswer(AnswerHead, frozen=True, kw_only=True):
    figure: str
    unit: str
    until: date
    points: list[PointShape]
