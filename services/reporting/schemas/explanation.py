"""Explanations: a figure down to the anchors and deltas of its levels."""

from datetime import date

from msgspec import UNSET, UnsetType

from services.reporting.schemas.amount import AmountShape, Number, Shape
from services.reporting.schemas.figure import FigureShape
from services.reporting.schemas.report import AnswerHead


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

    @property
    def as_in_report(self) -> FigureShape:
        """What the area's report has of the figure."""
        return FigureShape(**{name: getattr(self, name) for name in FigureShape.__struct_fields__})
