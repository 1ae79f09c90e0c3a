"""Shapes of openings, postings and stocks. Counts are pieces."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from services.blanks.fields import PIECES_AT_MOST, Reason
from services.blanks.ledger.models import ITEMS, POSTING_REASONS
from services.blanks.ledger.places import is_place
from shared.base.amount_fields import AmountField, Qualifier
from shared.base.area_fields import AreaCode, AreaField
from shared.base.fields import Choice, Count, Id, LocalDate, MultilineText, Scalar, Text, field_error
from shared.base.shapes import RequestModel, ResponseModel


def read_place(value: Any) -> str:  # Any: whatever JSON gave
    if not isinstance(value, str):
        raise field_error("wrong_type")
    if not is_place(value):
        raise field_error("unknown_reference")
    return value


Place = Annotated[
    str,
    Scalar(
        read_place,
        {"type": "string"},
        "unknown_reference",
        expected="`ministry`, or one of store, printed, spoiled, destroyed, counted with its area, as `store:61.03.00`",
    ),
]


class PiecesAmount(AmountField):
    value: Annotated[int, Count(most=PIECES_AT_MOST)]
    low: Annotated[int, Count(most=PIECES_AT_MOST)] | None = None
    high: Annotated[int, Count(most=PIECES_AT_MOST)] | None = None


class OpeningLine(RequestModel):
    area: AreaCode
    amount: PiecesAmount


class OpeningCreate(RequestModel):
    """No lines: what was opened for that day is withdrawn."""

    id: Id
    district: Annotated[str, AreaField("district", "unassigned")]
    metric: Annotated[str, Choice("blank_stock")] = "blank_stock"
    as_of: LocalDate
    lines: list[OpeningLine] = Field(max_length=200)
    total: Annotated[int, Count()] | None = None
    source: Annotated[str, MultilineText(2000)]
    reason: Reason


class OpeningPublic(ResponseModel):
    id: UUID
    district: str
    as_of: date
    lines: list[dict[str, Any]]  # Any: a line as it was given
    source: str
    reason: str
    created_by: str | None


class LegCreate(RequestModel):
    place: Place
    item: Annotated[str, Scalar(lambda value: read_item(value), {"type": "string", "enum": list(ITEMS)})]
    direction: Annotated[str, Choice("in", "out")]
    quantity: Annotated[int, Count(1, PIECES_AT_MOST)]


def read_item(value: Any) -> str:  # Any: whatever JSON gave
    if not isinstance(value, str):
        raise field_error("wrong_type")
    if value not in ITEMS:
        raise field_error("unknown_reference")
    return value


class PostingCreate(RequestModel):
    """A move between places, all or nothing."""

    id: Id
    occurred_on: LocalDate
    legs: list[LegCreate] = Field(max_length=200)
    reason: Annotated[str, Choice(*POSTING_REASONS)] | None = None
    qualifier: Qualifier = "exact"
    note: Reason | None = None
    document: Annotated[str, Text(200)] | None = None
    witness: Annotated[str, Text(200)] | None = None


class ReversalCreate(RequestModel):
    id: Id
    reason: Reason | None = None


class PostingPublic(ResponseModel):
    id: UUID
    district: str
    item: str
    reason: str
    occurred_on: date
    note: str
    document: str
    witness: str
    reverses: UUID | None
    created_by: str | None


class StockPublic(ResponseModel):
    place: str
    item: str
    known: bool
    value: int | None
    low: int | None
    high: int | None
    opened_on: date | None
