"""Shapes of faults and repairs."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from services.equipment.fields import Name, Place, Remark, Row
from services.equipment.repairs.models import COST_AT_MOST_IDR, STEP_STATES
from services.equipment.vocabulary import CAUSES, COMPONENTS, OWNERS
from shared.base.fields import Choice, Count, Id, LocalDate, Text
from shared.base.shapes import RequestModel


class RepairCreate(RequestModel):
    """A component of a kit fails: its ticket begins with the report. kit: the label on it."""

    id: Id
    area: Place
    kit: Annotated[str, Text(60)]
    component: Annotated[str, Choice(*COMPONENTS)]
    cause: Annotated[str, Choice(*CAUSES)]
    owner: Annotated[str, Choice(*OWNERS)]
    occurred_on: LocalDate
    note: Remark | None = None


class RepairStepCreate(RequestModel):
    """due_on: a promised day. payer, cost_idr: who pays for this step, and how much."""

    id: Id
    state: Annotated[str, Choice(*STEP_STATES)]
    occurred_on: LocalDate
    due_on: LocalDate | None = None
    payer: Name | None = None
    cost_idr: Annotated[int, Count(0, COST_AT_MOST_IDR)] | None = None
    note: Remark | None = None


class RepairStepPublic(Row):
    id: UUID
    state: str
    occurred_on: date
    due_on: date | None
    payer: str | None
    cost_idr: int | None
    note: str | None


class LegPublic(BaseModel):
    """How long it was in a state, until the next, the end or today."""

    model_config = ConfigDict(from_attributes=True)

    state: str
    since_on: date
    days: int


class PromisePublic(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    due_on: date
    said_on: date


class RepairPublic(Row):
    """cost_idr: of all steps so far. payer: as last reported. promises: each after the first is a slip."""

    id: UUID
    area: str
    kit: str
    component: str
    cause: str
    owner: str
    state: str
    allowed: list[str]
    reported_on: date
    ended_on: date | None
    due_on: date | None
    promises: list[PromisePublic]
    age_days: int
    legs: list[LegPublic]
    payer: str | None
    cost_idr: int | None
    note: str | None
    steps: list[RepairStepPublic]


class RepairList(Row):
    items: list[RepairPublic]
    next: str | None
