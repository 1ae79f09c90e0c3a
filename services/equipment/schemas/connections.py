"""Shapes of connections and of their counts."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.equipment.models.words import CONNECTIONS, COUNTED
from services.equipment.schemas.base import AmountKept, Name, Remark
from shared.http import Public, Shape
from shared.types import AreaCode, DistrictCode, Id, LocalDate, SubdistrictCode, Word


class ConnectionCreate(Shape):
    """Somebody saw how a sub-district was connected on a day."""

    id: Id
    area: SubdistrictCode
    state: Annotated[str, Word(*CONNECTIONS)]
    occurred_on: LocalDate
    checked_by: Name | None = None


class WithdrawalCreate(Shape):
    reason: Remark


class ObservationPublic(Public):
    """withdrawal_reason: why it was taken back, if it was."""

    id: UUID
    area: str
    state: str
    occurred_on: date
    checked_by: str | None
    withdrawal_reason: str | None


class ConnectionPublic(Public):
    """What is in force for a sub-district: since when, and when and by whom it was last looked at."""

    area: str
    state: str
    since_on: date
    checked_on: date
    checked_by: str | None


class ConnectionList(Public):
    items: list[ConnectionPublic]
    next: str | None


class CountLine(Shape):
    """The district's own line, `<district>.00`: these sub-districts have no names."""

    area: AreaCode
    amount: AmountKept


class ConnectionCountCreate(Shape):
    """No lines: what was set for that day is withdrawn. A correction says its reason."""

    id: Id
    district: DistrictCode
    metric: Annotated[str, Word(*COUNTED)]
    as_of: LocalDate
    lines: Annotated[list[CountLine], Field(max_length=1)]
    source: Remark
    reason: Remark | None = None


class ConnectionCountPublic(Public):
    """stands: no later document took its place. A withdrawal has no value."""

    id: UUID
    district: str
    metric: str
    as_of: date
    value: int | None
    low: int | None
    high: int | None
    source: str
    reason: str
    stands: bool


class ConnectionCountList(Public):
    items: list[ConnectionCountPublic]
    next: str | None
