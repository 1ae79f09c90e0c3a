"""Shapes of incidents."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field

from services.equipment.fields import AmountPublic, Place, Remark, Row, StoredAmount
from services.equipment.vocabulary import CAUSES, LAYERS
from shared.base.fields import Choice, Id, LocalDate, Text
from shared.base.shapes import RequestModel

Layer = Annotated[str, Choice(*LAYERS)]
Cause = Annotated[str, Choice(*CAUSES)]
Services = Annotated[
    list[Annotated[str, Text(60)]], Field(max_length=20), AfterValidator(lambda names: sorted(set(names)))
]


class IncidentCreate(RequestModel):
    """Something stopped or slowed the service. services: those affected.

    external_id: a monitoring system's own; the same alert may come again, under any id, as often as it likes.
    """

    id: Id
    area: Place
    layer: Layer
    cause: Cause
    occurred_on: LocalDate
    services: Services | None = None
    external_id: Annotated[str, Text(200)] | None = None
    note: Remark | None = None

    def reported_fields(self) -> dict[str, Any]:  # Any: JSON
        return self.model_dump(mode="json", include={"layer", "cause", "services", "note"}, exclude_none=True)


class IncidentUpdateCreate(RequestModel):
    """More is known; what it leaves unsaid stays as it was."""

    id: Id
    occurred_on: LocalDate
    layer: Layer | None = None
    cause: Cause | None = None
    services: Services | None = None
    unprinted_put_down: StoredAmount | None = None
    recordings_put_down: StoredAmount | None = None
    note: Remark | None = None

    def reported_fields(self) -> dict[str, Any]:  # Any: JSON
        return self.model_dump(mode="json", exclude={"id", "occurred_on"}, exclude_none=True)


class IncidentClosingCreate(RequestModel):
    """It is over. What is put down to it: cards left unprinted, recordings lost."""

    occurred_on: LocalDate
    unprinted_put_down: StoredAmount | None = None
    recordings_put_down: StoredAmount | None = None
    note: Remark | None = None

    def reported_fields(self) -> dict[str, Any]:  # Any: JSON
        return self.model_dump(mode="json", exclude={"occurred_on"}, exclude_none=True)


class IncidentUpdatePublic(Row):
    """said: the fields this update reported."""

    id: UUID
    occurred_on: date
    said: dict[str, Any]  # Any: JSON, by field name


class IncidentPublic(Row):
    """lasted_days: until it was closed, or until today."""

    id: UUID
    area: str
    layer: str
    cause: str
    services: list[str]
    external_id: str | None
    state: str
    allowed: list[str]
    opened_on: date
    closed_on: date | None
    lasted_days: int
    unprinted_put_down: AmountPublic | None
    recordings_put_down: AmountPublic | None
    note: str | None
    closing_note: str | None
    updates: list[IncidentUpdatePublic]


class IncidentList(Row):
    items: list[IncidentPublic]
    next: str | None
