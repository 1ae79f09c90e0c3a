"""Shapes of promised deliveries."""

from datetime import date
from uuid import UUID

from services.equipment.fields import Name, Place, Remark, Row
from shared.base.fields import Id, LocalDate
from shared.base.shapes import RequestModel


class DeliveryCreate(RequestModel):
    """A supplier promised something by a day. occurred_on: the day of the promise."""

    id: Id
    area: Place
    what: Name
    by: Name
    due_on: LocalDate
    occurred_on: LocalDate


class SlipCreate(RequestModel):
    """Another day is promised."""

    id: Id
    due_on: LocalDate
    occurred_on: LocalDate
    reason: Remark | None = None


class ReceiptCreate(RequestModel):
    occurred_on: LocalDate
    note: Remark | None = None


class CancellationCreate(RequestModel):
    occurred_on: LocalDate
    reason: Remark


class SlipPublic(Row):
    id: UUID
    occurred_on: date
    due_on_before: date
    due_on: date
    reason: str | None


class DeliveryPublic(Row):
    """due_on: as promised now. overdue_days: until today, or until it ended. note: of its receipt or cancellation."""

    id: UUID
    area: str
    what: str
    by: str
    state: str
    allowed: list[str]
    promised_on: date
    first_due_on: date
    due_on: date
    overdue_days: int
    ended_on: date | None
    note: str | None
    slips: list[SlipPublic]


class DeliveryList(Row):
    items: list[DeliveryPublic]
    next: str | None
