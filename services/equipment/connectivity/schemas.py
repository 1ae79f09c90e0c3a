"""Shapes of connections and of their counts."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.equipment.fields import Name, Remark, Row, StoredAmount
from services.equipment.vocabulary import CONNECTION_STATES, COUNTED_METRICS
from shared.base.area_fields import AreaCode, DistrictCode, SubdistrictCode
from shared.base.fields import Choice, Id, LocalDate
from shared.base.shapes import RequestModel


class ConnectionCreate(RequestModel):
    """Somebody saw how a sub-district was connected on a day."""

    id: Id
    area: SubdistrictCode
    state: Annotated[str, Choice(*CONNECTION_STATES)]
    occurred_on: LocalDate
    checked_by: Name | None = None


class WithdrawalCreate(RequestModel):
    reason: Remark


class ObservationPublic(Row):
    """withdrawal_reason: why it was taken back, if it was."""

    id: UUID
    area: str
    state: str
    occurred_on: date
    checked_by: str | None
    withdrawal_reason: str | None


class ConnectionPublic(Row):
    """What is in force for a sub-district: since when, and when and by whom it was last looked at."""

    area: str
    state: str
    since_on: date
    checked_on: date
    checked_by: str | None


class ConnectionList(Row):
    items: list[ConnectionPublic]
    next: str | None


class CountLine(RequestModel):
    """The district's own line, `<district>.00`: these sub-districts have no names."""

    area: AreaCode
    amount: StoredAmount


class ConnectionCountCreate(RequestModel):
    """No lines: what was set for that day is withdrawn. A correction says its reason."""

    id: Id
    district: DistrictCode
    metric: Annotated[str, Choice(*COUNTED_METRICS)]
    as_of: LocalDate
    lines: Annotated[list[CountLine], Field(max_length=1)]
    source: Remark
    reason: Remark | None = None


class ConnectionCountPublic(Row):
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


class ConnectionCountList(Row):
    items: list[ConnectionCountPublic]
    next: str | None
