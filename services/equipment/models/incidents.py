"""Incidents: something stopped or slowed the service, at a layer, for a cause; and what is put down to it."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy
from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, Relationship, col

from services.equipment.models.base import NothingSaid, Table, check_first_day, check_next_day, one_of
from services.equipment.models.words import CAUSES, LAYERS
from shared import clock
from shared.db import Instant
from shared.errors import IllegalTransition
from shared.events.base import Range
from shared.events.equipment import IncidentClosed, IncidentOpened, IncidentUpdated

Json = sqlalchemy.JSON(none_as_null=True)
Said = dict[str, Any]  # Any: JSON, by field name


class IncidentState(StrEnum):
    OPENED = "opened"
    UPDATED = "updated"
    CLOSED = "closed"


FROM_OPEN = (IncidentState.UPDATED, IncidentState.CLOSED)
INCIDENT_STEPS: dict[IncidentState, tuple[IncidentState, ...]] = {
    IncidentState.OPENED: FROM_OPEN,
    IncidentState.UPDATED: FROM_OPEN,
    IncidentState.CLOSED: (),  # what comes after is another incident
}


class IncidentUpdate(Table, table=True):
    """More became known of it. said: only what this update told."""

    __tablename__ = "incident_update"

    id: UUID = Field(primary_key=True)
    incident_id: UUID = Field(foreign_key="incident.id", index=True)
    area: str
    number: int = 0
    occurred_on: date
    said: Said = Field(sa_type=sqlalchemy.JSON)
    fingerprint: str = Field(repr=False)
    created_at: datetime = Field(sa_type=Instant)
    created_by: str


class Incident(Table, table=True):
    """Something that stopped or slowed the service in an area. services: those affected.

    unprinted_put_down, recordings_put_down: value, low and high; None while unsaid.
    external_id: a monitoring system's own, of one client. closing: fingerprint of the request that closed it.
    """

    __table_args__ = (
        CheckConstraint(one_of("layer", LAYERS), name="layer_known"),
        CheckConstraint(one_of("cause", CAUSES), name="cause_known"),
        CheckConstraint(one_of("state", IncidentState), name="state_known"),
        CheckConstraint("(closed_on IS NOT NULL) = (state = 'closed')", name="closed_when_over"),
        CheckConstraint("closed_on >= opened_on", name="closes_after_opening"),
        Index(
            "uq_incident_open_external_id",
            "client",
            "area",
            "external_id",
            unique=True,
            sqlite_where=text("closed_on IS NULL AND external_id IS NOT NULL"),
            postgresql_where=text("closed_on IS NULL AND external_id IS NOT NULL"),
        ),
        Index("ix_incident_opened_on", "opened_on", "id"),
    )

    id: UUID = Field(primary_key=True)
    district: str
    area: str
    layer: str
    cause: str
    services: list[str] = Field(default_factory=list, sa_type=sqlalchemy.JSON)
    external_id: str | None = None
    client: str
    state: IncidentState = Field(default=IncidentState.OPENED, sa_type=sqlalchemy.String)
    opened_on: date
    closed_on: date | None = None
    unprinted_put_down: Said | None = Field(default=None, sa_type=Json)
    recordings_put_down: Said | None = Field(default=None, sa_type=Json)
    note: str | None = None  # of the opening
    closing: str | None = Field(default=None, repr=False)
    closing_note: str | None = None
    fingerprint: str = Field(repr=False)
    created_at: datetime = Field(sa_type=Instant)
    created_by: str
    updates: list[IncidentUpdate] = Relationship(
        sa_relationship_kwargs={"lazy": "selectin", "order_by": col(IncidentUpdate.number)}
    )

    @property
    def allowed(self) -> tuple[IncidentState, ...]:
        return INCIDENT_STEPS[IncidentState(self.state)]

    @property
    def lasted_days(self) -> int:
        """Until it was closed, or until today."""
        return ((self.closed_on or clock.today(self.area)) - self.opened_on).days

    @property
    def last_on(self) -> date:
        return self.closed_on or (self.updates[-1].occurred_on if self.updates else self.opened_on)

    def open(self) -> IncidentOpened:
        """Raises InFuture, AreaNotValidThen."""
        check_first_day(self.area, self.opened_on)
        known = self._about(self.opened_on) | {"layer": self.layer, "cause": self.cause}
        return IncidentOpened(**known, services=tuple(self.services), note=self.note or "")

    def unknown_yet(self, fields: Said) -> Said:
        """What of it is news."""
        return {name: value for name, value in fields.items() if self._known(name) != value}

    def update(self, update: IncidentUpdate) -> IncidentUpdated:
        """More is known. Raises IllegalTransition, InFuture, BadRange (before the last step), NothingSaid."""
        self._check(IncidentState.UPDATED, update.occurred_on)
        if not update.said:
            raise NothingSaid(pointer="#")
        self._learn(update.said)
        update.number = len(self.updates) + 1
        self.updates.append(update)
        self.state = IncidentState.UPDATED
        # all that is known: who hears of two updates of one day keeps only the second
        known = self._about(update.occurred_on) | {"layer": self.layer, "cause": self.cause} | self._put_down()
        return IncidentUpdated(**known, services=tuple(self.services), note=update.said.get("note", ""))

    def close(self, on: date, fields: Said, *, request: str) -> IncidentClosed | None:
        """It is over. fields: a note, and what is put down to it. request: its fingerprint.

        -> None where the same was said before. Raises IllegalTransition, InFuture, BadRange.
        """
        if self.closing == request:
            return None
        self._check(IncidentState.CLOSED, on)
        self._learn(fields)
        self.state, self.closed_on = IncidentState.CLOSED, on
        self.closing, self.closing_note = request, fields.get("note")
        return IncidentClosed(**self._about(on), **self._put_down(), note=self.closing_note or "")

    def _check(self, state: IncidentState, on: date) -> None:
        if state not in self.allowed:
            raise IllegalTransition(state=self.state, allowed=self.allowed)
        check_next_day(self.area, on, last_on=self.last_on)

    def _known(self, name: str) -> Any:  # Any: of any field
        if name != "note":
            return getattr(self, name)
        return next((told.said["note"] for told in reversed(self.updates) if "note" in told.said), self.note)

    def _learn(self, fields: Said) -> None:
        for name, value in fields.items():
            if name != "note":  # each note stays with what said it
                setattr(self, name, value)

    def _put_down(self) -> Said:
        told = {"unprinted_put_down": self.unprinted_put_down, "recordings_put_down": self.recordings_put_down}
        return {name: range_of(fields) for name, fields in told.items() if fields}

    def _about(self, on: date) -> Said:
        return {"district": self.district, "id": self.id, "area": self.area, "occurred_on": on}


def range_of(fields: Said) -> Range:
    return Range(value=fields["value"], low=fields["low"], high=fields["high"])
