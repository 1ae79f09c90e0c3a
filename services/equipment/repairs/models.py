"""Repairs: a fault on a component of a kit, and its ticket from the report to the end. No end date is needed."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy
from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, Relationship, col

from services.equipment.rules import NothingNew, check_promise
from services.equipment.tables import Table
from services.equipment.vocabulary import CAUSES, COMPONENTS, OWNERS
from shared.base import clock
from shared.base.days import check_happened_on, check_next_day
from shared.base.errors import Conflict, IllegalTransition, OutOfRange
from shared.db import Instant, one_of
from shared.events.equipment.repairs import FaultReported, RepairMoved

COST_AT_MOST_IDR = 10**9  # of one ticket; a whole set is about Rp 160 million


class RepairState(StrEnum):
    REPORTED = "reported"
    DIAGNOSED = "diagnosed"
    PACKED = "packed"
    SENT = "sent"
    RECEIVED = "received"
    WAITING_PARTS = "waiting_parts"
    REPAIRED = "repaired"
    RETURNED = "returned"
    TESTED = "tested"
    CLOSED = "closed"
    WRITTEN_OFF = "written_off"


S = RepairState
ENDED_STATES = (S.CLOSED, S.WRITTEN_OFF)
STEP_STATES = tuple(state for state in S if state is not S.REPORTED)

# Away to a depot and back, or mended on the spot. It may come back as broken as it went, a test may fail, it may be
# lost or beyond repair at any step. Where somebody waits, the same state is reported again with another promised day.
# Source: docs/domain.md: Kits and repairs.
REPAIR_STEPS: dict[RepairState, tuple[RepairState, ...]] = {
    S.REPORTED: (S.DIAGNOSED, S.PACKED, S.WRITTEN_OFF),
    S.DIAGNOSED: (S.PACKED, S.WAITING_PARTS, S.REPAIRED, S.TESTED, S.WRITTEN_OFF),
    S.PACKED: (S.SENT, S.WRITTEN_OFF),
    S.SENT: (S.SENT, S.RECEIVED, S.WRITTEN_OFF),
    S.RECEIVED: (S.RECEIVED, S.WAITING_PARTS, S.REPAIRED, S.RETURNED, S.WRITTEN_OFF),
    S.WAITING_PARTS: (S.WAITING_PARTS, S.REPAIRED, S.RETURNED, S.WRITTEN_OFF),
    S.REPAIRED: (S.RETURNED, S.TESTED, S.WRITTEN_OFF),
    S.RETURNED: (S.TESTED, S.PACKED, S.WRITTEN_OFF),
    S.TESTED: (S.CLOSED, S.DIAGNOSED, S.PACKED, S.WRITTEN_OFF),
    S.CLOSED: (),
    S.WRITTEN_OFF: (),
}


class AlreadyOpen(Conflict):
    """This component of the kit has an open repair."""


class CentralProperty(Conflict):
    """Property of the centre is never written off by an office."""


class RepairLeg(NamedTuple):
    """A stretch in one state. days: until the next state, the end, or today."""

    state: str
    since_on: date
    days: int


class RepairPromise(NamedTuple):
    """A day that was promised, and when it was promised."""

    due_on: date
    said_on: date


class RepairStep(Table, table=True):
    """A ticket entered its next state; who pays for it, what it cost, which day was promised."""

    __tablename__ = "repair_step"
    __table_args__ = (CheckConstraint(one_of("state", STEP_STATES), name="state_known"),)

    id: UUID = Field(primary_key=True)
    repair_id: UUID = Field(foreign_key="repair.id", index=True)
    area: str
    number: int = 0
    state: RepairState = Field(sa_type=sqlalchemy.String)
    occurred_on: date
    due_on: date | None = None
    payer: str | None = None
    cost_idr: int | None = None
    note: str | None = None
    fingerprint: str = Field(repr=False)
    created_at: datetime = Field(sa_type=Instant)
    created_by: str


class Repair(Table, table=True):
    """A repair ticket. One component of a kit has one open at a time. kit: the label on it.

    cost_idr: of all its steps; None while nobody named any. payer: as last reported.
    """

    __table_args__ = (
        CheckConstraint(one_of("component", COMPONENTS), name="component_known"),
        CheckConstraint(one_of("cause", CAUSES), name="cause_known"),
        CheckConstraint(one_of("owner", OWNERS), name="owner_known"),
        CheckConstraint(one_of("state", S), name="state_known"),
        CheckConstraint("NOT (owner = 'central' AND state = 'written_off')", name="central_never_written_off"),
        CheckConstraint(f"(ended_on IS NOT NULL) = ({one_of('state', ENDED_STATES)})", name="ended_when_over"),
        CheckConstraint("ended_on >= reported_on", name="ends_after_report"),
        Index(
            "uq_repair_open",
            "area",
            "kit",
            "component",
            unique=True,
            sqlite_where=text("ended_on IS NULL"),
            postgresql_where=text("ended_on IS NULL"),
        ),
        Index("ix_repair_reported_on", "reported_on", "id"),
    )

    id: UUID = Field(primary_key=True)
    district: str
    area: str
    kit: str
    component: str
    cause: str
    owner: str
    state: RepairState = Field(default=S.REPORTED, sa_type=sqlalchemy.String)
    reported_on: date
    ended_on: date | None = None
    due_on: date | None = None
    payer: str | None = None
    cost_idr: int | None = None
    note: str | None = None  # of the report
    fingerprint: str = Field(repr=False)
    created_at: datetime = Field(sa_type=Instant)
    created_by: str
    steps: list[RepairStep] = Relationship(
        sa_relationship_kwargs={"lazy": "selectin", "order_by": col(RepairStep.number)}
    )

    @property
    def allowed(self) -> tuple[RepairState, ...]:
        """The steps possible now. Property of the centre goes back to it instead of being written off."""
        steps = REPAIR_STEPS[RepairState(self.state)]
        return tuple(step for step in steps if not (step is S.WRITTEN_OFF and self.owner == "central"))

    @property
    def until_on(self) -> date:
        """The day its age is counted to."""
        return self.ended_on or clock.today(self.area)

    @property
    def age_days(self) -> int:
        return (self.until_on - self.reported_on).days

    @property
    def last_on(self) -> date:
        return self.steps[-1].occurred_on if self.steps else self.reported_on

    @property
    def legs(self) -> list[RepairLeg]:
        """What it spent its days on, in order; together they are its age."""
        entered: list[tuple[str, date]] = [(S.REPORTED, self.reported_on)]
        for step in self.steps:
            if step.state != entered[-1][0]:
                entered.append((step.state, step.occurred_on))
        ends = [since_on for _, since_on in entered[1:]] + [self.until_on]
        return [
            RepairLeg(str(state), since_on, (end - since_on).days)
            for (state, since_on), end in zip(entered, ends, strict=True)
        ]

    @property
    def promises(self) -> list[RepairPromise]:
        """Every day that was promised; each after the first is a slip."""
        return [RepairPromise(step.due_on, step.occurred_on) for step in self.steps if step.due_on is not None]

    def to_reported_event(self) -> FaultReported:
        """Raises InFuture, AreaNotValidThen."""
        check_happened_on(self.area, self.reported_on, area_pointer="#/area")
        return FaultReported(
            **self._event_fields(self.reported_on), component=self.component, cause=self.cause, note=self.note or ""
        )

    def enter_state(self, step: RepairStep) -> RepairMoved:
        """Enter the next state. What it says of payer and cost is that of the ticket so far.

        Raises CentralProperty, IllegalTransition, NothingNew (the same state again, without a promised day), InFuture,
        BadRange, OutOfRange (of the whole cost).
        """
        state = RepairState(step.state)
        self._check_step(state, step)
        self._add_cost(step.cost_idr)
        step.number = len(self.steps) + 1
        self.steps.append(step)
        self.state, self.ended_on = state, step.occurred_on if state in ENDED_STATES else None
        self.due_on, self.payer = step.due_on or self.due_on, step.payer or self.payer
        fields = self._event_fields(step.occurred_on) | {"state": state.value, "due_on": step.due_on}
        return RepairMoved(**fields, payer=self.payer or "", cost_idr=self.cost_idr, note=step.note or "")

    def _check_step(self, state: RepairState, step: RepairStep) -> None:
        if state is S.WRITTEN_OFF and self.owner == "central":
            raise CentralProperty(pointer="#/state")
        if state not in self.allowed:
            raise IllegalTransition(state=self.state, allowed=self.allowed)
        if state == self.state and step.due_on is None:
            raise NothingNew(pointer="#/due_on")
        check_next_day(self.area, step.occurred_on, last_on=self.last_on)
        check_promise(step.due_on, said_on=step.occurred_on)

    def _add_cost(self, cost_idr: int | None) -> None:
        if cost_idr is None:
            return
        whole = (self.cost_idr or 0) + cost_idr
        if whole > COST_AT_MOST_IDR:
            raise OutOfRange(pointer="#/cost_idr")
        self.cost_idr = whole

    def _event_fields(self, on: date) -> dict[str, Any]:  # Any: fields of different types
        return {"district": self.district, "id": self.id, "area": self.area, "occurred_on": on}
