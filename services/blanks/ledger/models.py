"""The ledger: openings, postings whose legs sum to zero, and the balance of each place as an interval."""

from datetime import date, datetime
from typing import Any, Literal, cast
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Column, Index, Text
from sqlmodel import Field

from services.blanks.ledger.places import may_go_negative, store_area
from services.blanks.tables import Table
from shared.base import clock
from shared.base.amounts import Amount
from shared.base.errors import Conflict, Invalid
from shared.db import Instant, one_of
from shared.events.base import Line, Range
from shared.events.blanks import ledger as events

ITEMS = ("blank", "ribbon")


Item = Literal["blank", "ribbon"]


POSTING_REASONS = (
    "received", "issued_to_printer", "transferred", "spoiled", "returned", "count_adjustment", "destroyed", "loaned",
    "other",
)  # fmt: skip


POSTING_CAUSES = ("posting", "shipment", "print_run")


class InsufficientStock(Conflict):
    """The place holds fewer than asked, even at the most it may hold."""


class PastBalanceNegative(Conflict):
    """On some day since then the place would have held less than nothing."""


class MixedItems(Invalid):
    """All legs of a posting move the same item."""


class LegsNotBalanced(Invalid):
    """What goes out must come in."""


class Opening(Table, table=True):
    """How many blanks the stores of a district held at the end of a day. No lines: that day's document is withdrawn."""

    id: UUID = Field(primary_key=True)
    district: str = Field(index=True)
    metric: str
    as_of: date
    lines: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))  # Any: area, value, low, high
    source: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    fingerprint: str
    created_at: datetime = Field(default_factory=clock.now, sa_type=Instant)
    created_by: str | None = None  # none: of before anybody was noted

    def to_event(self) -> events.OpeningBalanceSet:
        lines = tuple(
            Line(area=line["area"], amount=Range(value=line["value"], low=line["low"], high=line["high"]))
            for line in self.lines
        )
        return events.OpeningBalanceSet(
            district=self.district, metric="blank_stock", as_of=self.as_of, lines=lines, source=self.source,
            reason=self.reason,
        )  # fmt: skip


class Posting(Table, table=True):
    """Blanks or ribbon moved between places, for good; a mistake is reversed, never edited."""

    __table_args__ = (
        CheckConstraint(one_of("item", ITEMS), name="item_known"),
        CheckConstraint(one_of("cause", POSTING_CAUSES), name="cause_known"),
    )

    id: UUID = Field(primary_key=True)
    district: str = Field(index=True)
    item: str
    reason: str
    cause: str = "posting"
    occurred_on: date
    note: str = Field(default="", sa_type=Text)
    document: str = Field(default="", sa_type=Text)
    witness: str = ""
    reverses: UUID | None = Field(default=None, unique=True)
    fingerprint: str
    created_at: datetime = Field(default_factory=clock.now, sa_type=Instant)
    created_by: str | None = None  # none: of before anybody was noted

    def to_event(self, legs: list["Leg"]) -> events.StockMoved:
        return events.StockMoved(
            district=self.district, posting=self.id, occurred_on=self.occurred_on, item=cast("Item", self.item),
            legs=tuple(leg.to_event_leg(reversal=self.reverses is not None) for leg in legs), reason=self.reason,
            document=self.document, reverses=self.reverses,
        )  # fmt: skip


class Leg(Table, table=True):
    """One side of a posting: below zero it goes out of the place. Going out, low is the most that may go."""

    __table_args__ = (Index("ix_leg_place_day", "place", "item", "occurred_on"),)

    posting: UUID = Field(primary_key=True, foreign_key="posting.id")
    number: int = Field(primary_key=True)
    place: str
    item: str
    occurred_on: date
    value: int
    low: int
    high: int

    @property
    def amount(self) -> Amount:
        return Amount(self.value, self.low, self.high)

    def to_event_leg(self, *, reversal: bool) -> events.Leg:
        """As it travels; a reversal repeats the legs of what it takes back."""
        amount = self.amount.reversal() if reversal else self.amount
        pieces = Range(value=int(amount.value), low=int(amount.low), high=int(amount.high))
        return events.Leg(place=self.place, area=store_area(self.place), pieces=pieces)


class Balance(Table, table=True):
    """What a place holds now, as an interval. opened_on: the day its opening speaks for; without one it is unknown.

    What was only counted in an unopened store (receipts, and no word of what was there before) bounds nothing.
    """

    __table_args__ = (CheckConstraint("NOT guarded OR (low >= 0 AND low <= high)", name="never_negative"),)

    place: str = Field(primary_key=True)
    item: str = Field(primary_key=True)
    district: str | None = Field(index=True)
    opened_on: date | None = None
    guarded: bool = False  # opened, and no place that may go negative
    value: int = 0
    low: int = 0
    high: int = 0
    version: int = 1

    def set_opening(self, on: date | None, amount: Amount) -> None:
        """Begin again from an opening, or from nothing where it was withdrawn."""
        self.opened_on = on
        self.guarded = on is not None and not may_go_negative(self.place)
        self._set_amount(amount)

    def apply_amount(self, amount: Amount, *, pointer: str) -> None:
        """Add an amount, below zero to take it out. Raises InsufficientStock.

        Between the bounds it is accepted and teaches: there were at least so many.
        """
        if self.guarded and amount.value < 0 and self.high + amount.value < 0:
            raise InsufficientStock(pointer=pointer)
        self._set_amount(Amount(self.value + amount.value, self.low + amount.low, self.high + amount.high))

    def _set_amount(self, amount: Amount) -> None:
        ordered = amount.sorted_ends()
        if self.guarded:
            low, high = max(0, int(ordered.low)), max(0, int(ordered.high))
            self.low, self.high = low, high
            self.value = min(max(int(ordered.value), low), high)
        else:
            self.value, self.low, self.high = int(ordered.value), int(ordered.low), int(ordered.high)
        self.version += 1
