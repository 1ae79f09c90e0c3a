"""Schema: the shape of every answer of the reports, published in the description; fields in the order of the answer."""

from datetime import date, datetime
from typing import Any

from msgspec import UNSET, Struct, UnsetType

Number = int | str  # a count, or a ratio as decimal text with two places


class Shape(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An object of an answer: these fields and no others."""


class AmountShape(Shape, frozen=True, kw_only=True):
    """A number and the range that it lies in; all null where it is unknown."""

    value: Number | None
    low: Number | None
    high: Number | None


class FigureShape(AmountShape, frozen=True, kw_only=True):
    """A figure of an area, and what it rests on."""

    unit: str
    known: bool
    at_least: int | None
    places_known: int
    places: int
    last_fact_on: date | None
    anchor_on: date | None
    basis: str | None
    flags: list[str]
    explain: str


class FigureSummary(AmountShape, frozen=True, kw_only=True):
    """What a table of many places needs of a figure."""

    unit: str
    known: bool
    last_fact_on: date | None
    explain: str


class AmountWithUnit(AmountShape, frozen=True, kw_only=True):
    unit: str


class AssumedAmount(AmountShape, frozen=True, kw_only=True):
    assumed: bool


class StatementShape(Shape, frozen=True, kw_only=True):
    """A statement beside our figure for the day it speaks of."""

    id: str
    label: str
    figure: str
    stated: AmountShape | None
    as_published: str
    qualifier: str
    as_of: date
    stated_on: str
    speaker: str
    publisher: str
    note: str
    ours: AmountShape | None
    check: str
    difference: Number | None
    implies: AmountWithUnit | None


class TargetShape(Shape, frozen=True, kw_only=True):
    """A target as it stands on the day of the view."""

    id: str
    area: str
    set_on: date
    due_on: date
    percent: Number | None
    recordings: int | None
    reason: str
    required: AmountShape
    remaining: AmountShape
    working_days: int
    pace_per_working_day: AmountShape
    possible_pace: AssumedAmount
    verdict: str


class FlowShape(AmountShape, frozen=True, kw_only=True):
    unit: str
    known: bool
    places_known: int
    places: int


class PeriodShape(Shape, frozen=True, kw_only=True):
    """A month, and what happened in it."""

    start: date
    end: date
    status: str
    flows: dict[str, FlowShape]


class ItemShape(Shape, frozen=True, kw_only=True):
    """A thing with a state. data: what was said of it, as its kind of event has it."""

    id: str
    area: str
    state: str
    since: date
    changed_on: date
    due_on: date | None
    lasted_days: int
    overdue_days: int
    data: dict[str, Any]  # Any: JSON of an event


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


class AreaShape(Shape, frozen=True, kw_only=True):
    """A district or sub-district in a list."""

    area: str
    name: str
    figures: dict[str, FigureSummary]
    connection: str | None


class PartsAnswer(AnswerHead, frozen=True, kw_only=True):
    items: list[AreaShape]


class PointShape(Shape, frozen=True, kw_only=True):
    """A figure on a day. anchored: whether an anchor speaks for that day."""

    on: date
    value: Number
    low: Number
    high: Number
    anchored: bool


class SeriesAnswer(AnswerHead, frozen=True, kw_only=True):
    figure: str
    unit: str
    until: date
    points: list[PointShape]


class DeltaShape(Shape, frozen=True, kw_only=True):
    """What one kind of event changed on one day."""

    occurred_on: date
    cause: str
    value: Number
    low: Number
    high: Number


class AnchorShape(Shape, frozen=True, kw_only=True):
    """Where a level began, and who said so. Of the places of a roll-up only the day and the basis."""

    as_of: date
    known_on: date | UnsetType = UNSET
    basis: str | None
    amount: AmountShape | UnsetType = UNSET
    source: str | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    difference: AmountShape | UnsetType | None = UNSET


class PlaceShape(Shape, frozen=True, kw_only=True):
    """A level in a place, down to its anchor and deltas. Of a roll-up's places the link to their own explanation."""

    area: str
    name: str
    amount: AmountShape
    at_least: int | UnsetType | None = UNSET
    anchor: AnchorShape | None
    deltas: list[DeltaShape] | UnsetType = UNSET
    deltas_left_out: int | UnsetType = UNSET
    covered: list[DeltaShape] | UnsetType = UNSET
    explain: str | UnsetType = UNSET


class LeafShape(Shape, frozen=True, kw_only=True):
    """A metric in each place it was read."""

    metric: str
    places: list[PlaceShape]


class ExplanationAnswer(AnswerHead, frozen=True, kw_only=True):
    """How a figure came about: what a report says of it, and the levels behind it, in each place."""

    figure: str
    label: dict[str, str]
    source: str
    formula: str | None
    in_words: dict[str, str] | None
    value: Number | None
    low: Number | None
    high: Number | None
    unit: str
    known: bool
    at_least: int | None
    places_known: int
    places: int
    last_fact_on: date | None
    anchor_on: date | None
    basis: str | None
    flags: list[str]
    explain: str
    leaves: list[LeafShape]
