"""Reports: the head of every answer, alerts, and all that an area can say."""

from datetime import date, datetime

from msgspec import UNSET, UnsetType

from services.reporting.schemas.amount import Shape
from services.reporting.schemas.figure import FigureShape, PeriodShape
from services.reporting.schemas.item import ItemShape, TargetShape
from services.reporting.schemas.statement import StatementShape


class AlertShape(Shape, frozen=True, kw_only=True):
    """What a person should look at: a figure, or a thing by its kind and id."""

    code: str
    figure: str | UnsetType = UNSET
    kind: str | UnsetType = UNSET
    id: str | UnsetType = UNSET
    area: str


class SourceShape(Shape, frozen=True, kw_only=True):
    """How far a source was read."""

    complete_until: datetime | None
    state: str
    reason: str | None
    events: int
    parked: int


class AnswerHead(Shape, frozen=True, kw_only=True):
    """Where, when, and how fresh. As of and as known are null where they are "latest"."""

    area: str
    name: str
    as_of: date | None
    known_on: date | None
    basis: str | None
    complete_until: datetime | None
    incomplete_since: datetime | None
    sources: dict[str, SourceShape]


class ReportAnswer(AnswerHead, frozen=True, kw_only=True):
    figures: dict[str, FigureShape]
    statements: list[StatementShape]
    targets: list[TargetShape]
    periods: list[PeriodShape]
    items: dict[str, list[ItemShape]]
    alerts: list[AlertShape]
