"""Requisitions: asked, granted, received in several deliveries; the open balance survives them."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Text
from sqlmodel import Field

from services.blanks.tables import Table
from shared.base import clock
from shared.base.amounts import Amount
from shared.base.errors import Conflict, IllegalTransition
from shared.db import Instant, one_of
from shared.events.base import Range
from shared.events.blanks import requisitions as events


class GrantExceedsRequest(Conflict):
    """More cannot be granted than was asked for."""


class MoreThanSent(Conflict):
    """More cannot arrive than was granted."""


class State(StrEnum):
    OPEN = "open"
    GRANTED = "granted"
    REJECTED = "rejected"
    CLOSED = "closed"


STEPS = {  # of a requisition: the steps, by the names of their routes
    State.OPEN: ("grant", "rejection", "closing"),
    State.GRANTED: ("shipments", "closing"),
    State.REJECTED: (),
    State.CLOSED: (),
}


class Requisition(Table, table=True):
    """Blanks an office asked a supplier for: open -> granted or rejected -> closed. Counts are pieces.

    received: accepted over all deliveries so far, as a range. damaged: arrived with them and spoiled. short: on their
    papers and not arrived.
    """

    __table_args__ = (
        CheckConstraint(one_of("state", tuple(State)), name="state_known"),
        CheckConstraint("granted <= asked", name="granted_within_asked"),
    )

    id: UUID = Field(primary_key=True)
    district: str = Field(index=True)
    supplier: str = Field(index=True)
    asked: int | None  # unknown where an old grant is all that was recorded
    granted: int | None = None  # unknown until answered, which is not zero
    received: int = 0
    received_low: int = 0
    received_high: int = 0
    damaged: int = 0
    short: int = 0
    state: str = State.OPEN
    submitted_on: date
    changed_on: date
    reason: str = Field(default="", sa_type=Text)
    note: str = Field(default="", sa_type=Text)
    fingerprint: str
    answer_fingerprint: str | None = None  # of the grant or the rejection
    answered_by: str | None = None  # as created_by
    closing_fingerprint: str | None = None
    closed_by: str | None = None
    created_at: datetime = Field(default_factory=clock.now, sa_type=Instant)
    created_by: str | None = None  # none: of before anybody was noted

    @property
    def arrived(self) -> int:
        """Good or damaged: both count against the grant."""
        return self.received + self.damaged

    @property
    def open_pieces(self) -> int | None:
        """What was granted and has not arrived yet; unknown where the grant is."""
        return max(0, self.granted - self.arrived) if self.granted is not None else None

    def to_submitted_event(self) -> events.RequisitionSubmitted:
        return events.RequisitionSubmitted(
            district=self.district, id=self.id, area=self.district, occurred_on=self.submitted_on,
            supplier=self.supplier, asked=self.asked,
        )  # fmt: skip

    def grant(self, pieces: int, *, on: date) -> events.RequisitionGranted:
        """Promise all or part of what was asked. on: local date at the office.

        Raises IllegalTransition, GrantExceedsRequest. Source: docs/domain.md: What must hold, 5.
        """
        self._require_step("grant")
        if self.asked is not None and pieces > self.asked:
            raise GrantExceedsRequest(pointer="#/pieces")
        self.granted, self.state, self.changed_on = pieces, State.GRANTED, on
        return events.RequisitionGranted(
            district=self.district, id=self.id, area=self.district, occurred_on=on, granted=pieces
        )

    def reject(self, *, on: date, reason: str) -> events.RequisitionRejected:
        """Raises IllegalTransition."""
        self._require_step("rejection")
        self.state, self.changed_on, self.reason = State.REJECTED, on, reason
        return events.RequisitionRejected(
            district=self.district, id=self.id, area=self.district, occurred_on=on, reason=reason
        )

    def close(self, *, on: date, reason: str) -> events.RequisitionClosed:
        """Nothing more is expected. Raises IllegalTransition."""
        self._require_step("closing")
        self.state, self.changed_on, self.reason = State.CLOSED, on, reason
        return events.RequisitionClosed(
            district=self.district, id=self.id, area=self.district, occurred_on=on, reason=reason
        )

    def receive(self, shipment: "Shipment") -> events.ShipmentReceived:
        """A delivery arrived. An old one, of which it is unknown what was asked, needs no grant.

        Raises IllegalTransition, MoreThanSent.
        """
        if not (self.state == State.OPEN and self.asked is None):
            self._require_step("shipments")
        if self.granted is not None and self.arrived + shipment.accepted + shipment.damaged > self.granted:
            raise MoreThanSent(pointer="#/accepted")
        self.received += shipment.accepted
        self.received_low += shipment.accepted_low
        self.received_high += shipment.accepted_high
        self.damaged, self.short = self.damaged + shipment.damaged, self.short + shipment.short
        self.changed_on = max(self.changed_on, shipment.occurred_on)
        return events.ShipmentReceived(
            district=self.district, id=self.id, area=self.district, occurred_on=shipment.occurred_on,
            shipment=shipment.id, store=shipment.store, accepted=shipment.accepted_range(), damaged=shipment.damaged,
            short=shipment.short, complete=self.granted is None or self.arrived >= self.granted,
            received_so_far=Range(value=self.received, low=self.received_low, high=self.received_high),
        )  # fmt: skip

    def _require_step(self, step: str) -> None:
        allowed = STEPS[State(self.state)]
        if step not in allowed:
            raise IllegalTransition(state=self.state, allowed=allowed)


class Shipment(Table, table=True):
    """One delivery on a requisition, as it arrived."""

    id: UUID = Field(primary_key=True)
    requisition: UUID = Field(foreign_key="requisition.id", index=True)
    district: str
    store: str
    accepted: int
    accepted_low: int
    accepted_high: int
    damaged: int = 0
    short: int = 0
    occurred_on: date
    document: str = Field(default="", sa_type=Text)
    fetched_by: str = ""
    fingerprint: str
    created_at: datetime = Field(default_factory=clock.now, sa_type=Instant)
    created_by: str | None = None  # none: of before anybody was noted

    def accepted_range(self) -> Range:
        return Range(value=self.accepted, low=self.accepted_low, high=self.accepted_high)

    @property
    def amount(self) -> Amount:
        return Amount(self.accepted, self.accepted_low, self.accepted_high)
