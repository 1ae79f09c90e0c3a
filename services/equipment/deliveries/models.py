"""Deliveries that a supplier promised: by when, how often that day slipped, and whether they came."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy
from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, Relationship, col

from services.equipment.rules import check_promise
from services.equipment.tables import Table
from shared.base import clock
from shared.base.days import check_happened_on, check_next_day
from shared.base.errors import IllegalTransition, Invalid
from shared.db import Instant, one_of
from shared.events.equipment.deliveries import (
    DeliveryCancelled,
    DeliveryPromised,
    DeliveryReceived,
    DeliveryRescheduled,
)


class DeliveryState(StrEnum):
    PROMISED = "promised"
    RESCHEDULED = "rescheduled"
    RECEIVED = "received"
    CANCELLED = "cancelled"


AWAITED_STATES = (DeliveryState.PROMISED, DeliveryState.RESCHEDULED)
FROM_AWAITED = (DeliveryState.RESCHEDULED, DeliveryState.RECEIVED, DeliveryState.CANCELLED)
DELIVERY_STEPS: dict[DeliveryState, tuple[DeliveryState, ...]] = {
    DeliveryState.PROMISED: FROM_AWAITED,
    DeliveryState.RESCHEDULED: FROM_AWAITED,
    DeliveryState.RECEIVED: (),
    DeliveryState.CANCELLED: (),
}


class SameDay(Invalid):
    """It is promised for that day already."""

    code = "inconsistent"


class Slip(Table, table=True):
    """The promised day was changed, once more."""

    __tablename__ = "delivery_slip"

    id: UUID = Field(primary_key=True)
    delivery_id: UUID = Field(foreign_key="delivery.id", index=True)
    area: str
    number: int = 0
    occurred_on: date
    due_on_before: date
    due_on: date
    reason: str | None = None
    fingerprint: str = Field(repr=False)
    created_at: datetime = Field(sa_type=Instant)
    created_by: str


class Delivery(Table, table=True):
    """Goods promised by a day. due_on: as promised now; the earlier days are in its slips.

    ending: fingerprint of the request that ended it, so that the same again is known.
    """

    __table_args__ = (
        CheckConstraint(one_of("state", DeliveryState), name="state_known"),
        CheckConstraint(f"(ended_on IS NULL) = ({one_of('state', AWAITED_STATES)})", name="ended_when_over"),
        CheckConstraint("ended_on >= promised_on", name="ends_after_promise"),
        Index("ix_delivery_due_on", "due_on", "id"),
        Index("ix_delivery_area", "area"),
    )

    id: UUID = Field(primary_key=True)
    district: str
    area: str
    what: str
    by: str
    state: DeliveryState = Field(default=DeliveryState.PROMISED, sa_type=sqlalchemy.String)
    promised_on: date
    first_due_on: date
    due_on: date
    ended_on: date | None = None
    note: str | None = None  # of its receipt, or why it was cancelled
    ending: str | None = Field(default=None, repr=False)
    fingerprint: str = Field(repr=False)
    created_at: datetime = Field(sa_type=Instant)
    created_by: str
    slips: list[Slip] = Relationship(sa_relationship_kwargs={"lazy": "selectin", "order_by": col(Slip.number)})

    @property
    def allowed(self) -> tuple[DeliveryState, ...]:
        return DELIVERY_STEPS[DeliveryState(self.state)]

    @property
    def overdue_days(self) -> int:
        """Days behind the promised day, until it came or was called off."""
        return max(0, ((self.ended_on or clock.today(self.area)) - self.due_on).days)

    @property
    def last_on(self) -> date:
        return self.ended_on or (self.slips[-1].occurred_on if self.slips else self.promised_on)

    def to_promised_event(self) -> DeliveryPromised:
        """Raises InFuture, AreaNotValidThen, BadRange (due before it was promised)."""
        check_happened_on(self.area, self.promised_on, area_pointer="#/area")
        check_promise(self.due_on, said_on=self.promised_on)
        return DeliveryPromised(**self._event_fields(self.promised_on), what=self.what, by=self.by, due_on=self.due_on)

    def reschedule(self, slip: Slip) -> DeliveryRescheduled:
        """Another day is promised. Raises IllegalTransition, InFuture, BadRange, SameDay."""
        self._check_step(DeliveryState.RESCHEDULED, slip.occurred_on)
        check_promise(slip.due_on, said_on=slip.occurred_on)
        if slip.due_on == self.due_on:
            raise SameDay(pointer="#/due_on")
        slip.number, slip.due_on_before = len(self.slips) + 1, self.due_on
        self.slips.append(slip)
        self.due_on, self.state = slip.due_on, DeliveryState.RESCHEDULED
        return DeliveryRescheduled(
            **self._event_fields(slip.occurred_on), due_on=slip.due_on, slips=slip.number, reason=slip.reason or ""
        )

    def receive(self, on: date, note: str | None, *, request: str) -> DeliveryReceived | None:
        """It arrived. request: its fingerprint. -> None where the same was given before.

        Raises IllegalTransition, InFuture, BadRange.
        """
        if not self._end_in_state(DeliveryState.RECEIVED, on, note, request):
            return None
        return DeliveryReceived(**self._event_fields(on), note=note or "")

    def cancel(self, on: date, reason: str, *, request: str) -> DeliveryCancelled | None:
        """It will not come. As `receive`."""
        if not self._end_in_state(DeliveryState.CANCELLED, on, reason, request):
            return None
        return DeliveryCancelled(**self._event_fields(on), reason=reason)

    def _end_in_state(self, state: DeliveryState, on: date, note: str | None, request: str) -> bool:
        if self.state == state and self.ending == request:
            return False
        self._check_step(state, on)
        self.state, self.ended_on, self.note, self.ending = state, on, note, request
        return True

    def _check_step(self, state: DeliveryState, on: date) -> None:
        if state not in self.allowed:
            raise IllegalTransition(state=self.state, allowed=self.allowed)
        check_next_day(self.area, on, last_on=self.last_on)

    def _event_fields(self, on: date) -> dict[str, Any]:  # Any: fields of different types
        return {"district": self.district, "id": self.id, "area": self.area, "occurred_on": on}
