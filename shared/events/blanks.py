"""What blanks says: what came into and left the stores, what was asked and granted, which cards were printed."""

from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

import msgspec

from shared.events.base import Anchor, Code, Count, Event, ItemEvent, Positive, Prose, Range, Word

TOPIC = "rekap.blanks.v1"


class OpeningBalanceSet(Anchor, frozen=True, kw_only=True):
    """An office brought from the time before how many blanks it held at the end of a day."""

    type: ClassVar[str] = "rekap.blanks.opening_balance.set.v1"

    metric: Literal["blank_stock"]


class Leg(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a move. `area`: whose store it is; none for a place that is no store (spoiled, destroyed, ministry).

    A store is named by a sub-district, by `<district>.00` for the office's own, by `61.00` for a province's.
    """

    place: Word
    area: Code | None
    pieces: Range


class StockMoved(Event, frozen=True, kw_only=True):
    """Blanks or ribbon moved between places; the legs sum to zero.

    A reversal repeats day, legs and reason of what it takes back, and is marked.
    """

    type: ClassVar[str] = "rekap.blanks.stock.moved.v1"

    posting: UUID
    occurred_on: date
    item: Literal["blank", "ribbon"]
    legs: Annotated[tuple[Leg, ...], msgspec.Meta(min_length=2, max_length=200)]
    reason: Word  # received, issued_to_printer, transferred, spoiled, returned, count_adjustment, destroyed, loaned
    document: Prose = ""
    reverses: UUID | None = None


class RequisitionSubmitted(ItemEvent, frozen=True, kw_only=True):
    """An office asked a supplier for blanks. `asked` is unknown where an old grant is all we were told."""

    type: ClassVar[str] = "rekap.blanks.requisition.submitted.v1"

    supplier: Code
    asked: Positive | None


class RequisitionGranted(ItemEvent, frozen=True, kw_only=True):
    """A supplier promised blanks to an office. They are not on the way yet."""

    type: ClassVar[str] = "rekap.blanks.requisition.granted.v1"

    granted: Positive  # at most what was asked; the rest may be asked for again


class RequisitionRejected(ItemEvent, frozen=True, kw_only=True):
    """A supplier refused, with a reason."""

    type: ClassVar[str] = "rekap.blanks.requisition.rejected.v1"

    reason: Prose


class RequisitionClosed(ItemEvent, frozen=True, kw_only=True):
    """Nothing more is expected of it, whatever was still open."""

    type: ClassVar[str] = "rekap.blanks.requisition.closed.v1"

    reason: Prose = ""


class ShipmentReceived(ItemEvent, frozen=True, kw_only=True):
    """Blanks arrived at a store; several deliveries may serve one requisition. `id` is the requisition's.

    The accepted pieces are in the store from this day; no `stock.moved` tells of them again.
    """

    type: ClassVar[str] = "rekap.blanks.shipment.received.v1"

    shipment: UUID
    store: Code
    accepted: Range
    damaged: Count = 0
    short: Count = 0
    received_so_far: Range  # of this requisition, this delivery included
    complete: bool  # nothing is open any more


class PrintLine(msgspec.Struct, frozen=True, kw_only=True):
    """Cards printed for one area and reason. `recordings` names the records behind them: all of them or none."""

    area: Code  # where the holders live
    cards: Positive
    reason: Word  # print_reason, DOMAIN.md 5
    first: bool  # a first card: lowers `unprinted`
    recordings: Annotated[tuple[UUID, ...], msgspec.Meta(max_length=500)] = ()


class CardsPrinted(Event, frozen=True, kw_only=True):
    """A print run: cards came out, blanks were used. `recording` moves the records named; others only count here."""

    type: ClassVar[str] = "rekap.blanks.cards.printed.v1"

    run: UUID
    occurred_on: date
    store: Code  # whose blanks were used
    lines: Annotated[tuple[PrintLine, ...], msgspec.Meta(max_length=500)]
    misprinted: Count = 0  # blanks spoiled in printing
