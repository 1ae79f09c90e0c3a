"""Events of the ledger of blanks."""

from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

import msgspec

from shared.events.base import Anchor, AreaCode, Event, LongText, Range, ShortText


class OpeningBalanceSet(Anchor, frozen=True, kw_only=True):
    """An office brought from the time before how many blanks it held at the end of a day."""

    type: ClassVar[str] = "rekap.blanks.opening_balance.set.v1"

    metric: Literal["blank_stock"]


class Leg(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a move. `area`: whose store it is; none for a place that is no store (spoiled, destroyed, ministry).

    A store is named by a sub-district, by `<district>.00` for the office's own, by `61.00` for a province's.
    """

    place: ShortText
    area: AreaCode | None
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
    reason: (
        ShortText  # received, issued_to_printer, transferred, spoiled, returned, count_adjustment, destroyed, loaned
    )
    document: LongText = ""
    reverses: UUID | None = None
