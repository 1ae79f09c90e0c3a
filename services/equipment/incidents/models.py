"""Incidents: something stopped or slowed the service, at a layer, for a cause; and what is put down to it."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy
from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, Relationship, col

from services.equipment.rules import NothingNew
from services.equipment.tables import Table
from services.equipment.vocabulary import CAUSES, LAYERS
from shared.base import clock
from shared.base.days import check_happened_on, check_next_day
from shared.base.errors import IllegalTransition
from shared.db import Instant, one_of
from shared.events.base import Range
from shared.events.equipment.incidents import IncidentClosed, IncidentOpened, IncidentUpdated

JSON_OR_NULL = sqlalchemy.JSON(none_as_null=True)
ReportedFields = dict[str, Any]  # Any: JSON, by field name


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
    """More became known of it. said: only the fields this update reported."""

    __tablename__ = "incident_update"

    id: UUID = Field(primary_key=True)
    incident_id: UUID = Field(foreign_key="incident.id", index=True)
    area: str
    number: int = 0
    occurred_on: date
    said: ReportedFields = Field(sa_type=sqlalchemy.JSON)
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
    unprinted_put_down: ReportedFields | None = Field(default=None, sa_type=JSON_OR_NULL)
    recordings_put_down: ReportedFields | None = Field(default=None, sa_type=JSON_OR_NULL)
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

    def to_opened_event(self) -> IncidentOpened:
        """Raises InFuture, AreaNotValidThen."""
        check_happened_on(self.area, self.opened_on, area_pointer="#/area")
        known = self._event_fields(self.opened_on) | {"layer": self.layer, "cause": self.cause}
        return IncidentOpened(**known, services=tuple(self.services), note=self.note or "")

    def changes_in(self, fields: ReportedFields) -> ReportedFields:
        """What of it is news."""
        return {name: value for name, value in fields.items() if self._known_value(name) != value}

    def update(self, update: IncidentUpdate) -> IncidentUpdated:
        """More is known. Raises IllegalTransition, InFuture, BadRange (before the last step), NothingNew."""
        self._check_step(IncidentState.UPDATED, update.occurred_on)
        if not update.said:
            raise NothingNew(pointer="#")
        self._apply_fields(update.said)
        update.number = len(self.updates) + 1
        self.updates.append(update)
        self.state = IncidentState.UPDATED
        # all that is known: a consumer keeps only the second of two updates of one day
        known = (
            self._event_fields(update.occurred_on)
            | {"layer": self.layer, "cause": self.cause}
            | self._attributed_ranges()
        )
        return IncidentUpdated(**known, services=tuple(self.services), note=update.said.get("note", ""))

    def close(self, on: date, fields: ReportedFields, *, request: str) -> IncidentClosed | None:
        """It is over. fields: a note, and what is put down to it. request: its fingerprint.

        -> None where the same was given before. Raises IllegalTransition, InFuture, BadRange.
        """
        if self.closing == request:
            return None
        self._check_step(IncidentState.CLOSED, on)
        self._apply_fields(fields)
        self.state, self.closed_on = IncidentState.CLOSED, on
        self.closing, self.closing_note = request, fields.get("note")
        return IncidentClosed(**self._event_fields(on), **self._attributed_ranges(), note=self.closing_note or "")

    def _check_step(self, state: IncidentState, on: date) -> None:
        if state not in self.allowed:
            raise IllegalTransition(state=self.state, allowed=self.allowed)
        check_next_day(self.area, on, last_on=self.last_on)

    def _known_value(self, name: str) -> Any:  # Any: of any field
        if name != "note":
            return getattr(self, name)
        return next(
            (reported.said["note"] for reported in reversed(self.updates) if "note" in reported.said), self.note
        )

    def _apply_fields(self, fields: ReportedFields) -> None:
        for name, value in fields.items():
            if name != "note":  # each note stays with the update that brought it
                setattr(self, name, value)

    def _attributed_ranges(self) -> ReportedFields:
        reported = {"unprinted_put_down": self.unprinted_put_down, "recordings_put_down": self.recordings_put_down}
        return {name: to_range(fields) for name, fields in reported.items() if fields}

    def _event_fields(self, on: date) -> ReportedFields:
        return {"district": self.district, "id": self.id, "area": self.area, "occurred_on": on}


def to_range(fields: ReportedFields) -> Range:
    return Range(value=fields["value"], low=fields["low"], high=fields["high"])
