"""Shapes of blanks' requests and answers. Counts are pieces."""

from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.blanks.models.ledger import ITEMS, REASONS
from services.blanks.models.places import is_place
from services.blanks.models.printing import REASONS as PRINT_REASONS
from shared.http import AmountTold, Public, Qualifier, Shape
from shared.types import Area, AreaCode, Count, DistrictCode, Id, LocalDate, Note, OfficeCode, Scalar, Text, Word, wrong

PIECES_AT_MOST = 10_000_000
LINES_AT_MOST = 10_000
StoreCode = Annotated[str, Area("subdistrict", "unassigned")]
Reason = Annotated[str, Note(1000)]


def read_place(value: Any) -> str:  # Any: whatever JSON gave
    if not isinstance(value, str):
        raise wrong("wrong_type")
    if not is_place(value):
        raise wrong("unknown_reference")
    return value


Place = Annotated[str, Scalar(read_place, {"type": "string"}, "unknown_reference")]


class PiecesTold(AmountTold):
    value: Annotated[int, Count(most=PIECES_AT_MOST)]
    low: Annotated[int, Count(most=PIECES_AT_MOST)] | None = None
    high: Annotated[int, Count(most=PIECES_AT_MOST)] | None = None


class OpeningLine(Shape):
    area: AreaCode
    amount: PiecesTold


class OpeningCreate(Shape):
    """No lines: what was opened for that day is withdrawn."""

    id: Id
    district: Annotated[str, Area("district", "unassigned")]
    metric: Annotated[str, Word("blank_stock")] = "blank_stock"
    as_of: LocalDate
    lines: list[OpeningLine] = Field(max_length=200)
    total: Annotated[int, Count()] | None = None
    source: Annotated[str, Note(2000)]
    reason: Reason


class OpeningPublic(Public):
    id: UUID
    district: str
    as_of: date
    lines: list[dict[str, Any]]  # Any: a line as it was told
    source: str
    reason: str


class LegCreate(Shape):
    place: Place
    item: Annotated[str, Scalar(lambda value: read_item(value), {"type": "string", "enum": list(ITEMS)})]
    direction: Annotated[str, Word("in", "out")]
    quantity: Annotated[int, Count(1, PIECES_AT_MOST)]


def read_item(value: Any) -> str:  # Any: whatever JSON gave
    if not isinstance(value, str):
        raise wrong("wrong_type")
    if value not in ITEMS:
        raise wrong("unknown_reference")
    return value


class PostingCreate(Shape):
    """A move between places, all or nothing."""

    id: Id
    occurred_on: LocalDate
    legs: list[LegCreate] = Field(max_length=200)
    reason: Annotated[str, Word(*REASONS)] | None = None
    qualifier: Qualifier = "exact"
    note: Reason | None = None
    document: Annotated[str, Text(200)] | None = None
    witness: Annotated[str, Text(200)] | None = None


class ReversalCreate(Shape):
    id: Id
    reason: Reason | None = None


class PostingPublic(Public):
    id: UUID
    district: str
    item: str
    reason: str
    occurred_on: date
    note: str
    document: str
    witness: str
    reverses: UUID | None


class StockPublic(Public):
    place: str
    item: str
    known: bool
    value: int | None
    low: int | None
    high: int | None
    opened_on: date | None


class RequisitionCreate(Shape):
    id: Id
    district: DistrictCode
    supplier: OfficeCode
    asked: Annotated[int, Count(1, PIECES_AT_MOST)] | None
    submitted_on: LocalDate
    note: Reason | None = None


class GrantCreate(Shape):
    pieces: Annotated[int, Count(1, PIECES_AT_MOST)]
    occurred_on: LocalDate


class RejectionCreate(Shape):
    occurred_on: LocalDate
    reason: Reason


class ClosingCreate(Shape):
    occurred_on: LocalDate
    reason: Reason | None = None


class ShipmentCreate(Shape):
    id: Id
    store: StoreCode
    occurred_on: LocalDate
    accepted: Annotated[int, Count(1, PIECES_AT_MOST)]
    qualifier: Qualifier = "exact"
    damaged: Annotated[int, Count(most=PIECES_AT_MOST)] = 0
    short: Annotated[int, Count(most=PIECES_AT_MOST)] = 0
    document: Annotated[str, Text(200)] | None = None
    fetched_by: Annotated[str, Text(200)] | None = None


class RequisitionPublic(Public):
    id: UUID
    district: str
    supplier: str
    asked: int | None
    granted: int | None
    received: int
    damaged: int
    short: int
    open_pieces: int | None
    state: str
    submitted_on: date
    changed_on: date
    reason: str


class ShipmentPublic(Public):
    id: UUID
    requisition: UUID
    store: str
    accepted: int
    accepted_low: int
    accepted_high: int
    damaged: int
    short: int
    occurred_on: date
    document: str
    fetched_by: str


class QueuedPublic(Public):
    recording: UUID
    area: str
    part: str
    reason: str
    since: date


class PrintLineCreate(Shape):
    """A card of a person (`recording`), or cards without persons behind them (`area` and `cards`)."""

    recording: Id | None = None
    area: AreaCode | None = None
    cards: Annotated[int, Count(1, 1_000_000)] = 1
    reason: Annotated[str, Word(*PRINT_REASONS)] | None = None

    @model_validator(mode="after")
    def check(self) -> Self:
        if self.recording is None and (self.area is None or self.reason is None):
            raise wrong("missing_field")
        if self.recording is not None and (self.area is not None or self.cards != 1):
            raise wrong("inconsistent")
        return self


class PrintRunCreate(Shape):
    id: Id
    store: StoreCode
    occurred_on: LocalDate
    lines: list[PrintLineCreate] = Field(max_length=LINES_AT_MOST)
    misprinted: Annotated[int, Count(most=100_000)] = 0
    ribbons_used: Annotated[int, Count(most=1000)] = 0


class PrintRunPublic(Public):
    id: UUID
    district: str
    store: str
    occurred_on: date
    cards: int
    misprinted: int
    ribbons_used: int
