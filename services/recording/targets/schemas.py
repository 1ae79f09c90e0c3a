"""Shapes of targets and their versions."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import model_validator

from services.recording.fields import Reason
from shared.base.area_fields import AreaCode
from shared.base.fields import Count, Id, LocalDate, Percent, field_error
from shared.base.shapes import RequestModel, ResponseModel


class TargetVersionCreate(RequestModel):
    id: Id
    set_on: LocalDate
    due_on: LocalDate
    percent: Percent | None = None
    recordings: Annotated[int, Count(1)] | None = None
    reason: Reason | None = None

    @model_validator(mode="after")
    def check_goal_and_days(self) -> Self:
        if (self.percent is None) == (self.recordings is None):
            code = "missing_field" if self.percent is None else "inconsistent"
            raise field_error(code, expected="either `percent` or `recordings`")
        if self.due_on < self.set_on:
            raise field_error("bad_range", expected="`due_on` on or after `set_on`")
        return self


class TargetCreate(TargetVersionCreate):
    area: AreaCode


class TargetPublic(ResponseModel):
    id: UUID
    target: UUID
    area: str
    set_on: date
    due_on: date
    percent: str | None
    recordings: int | None
    reason: str
    withdrawn_reason: str | None


class WithdrawalCreate(RequestModel):
    reason: Reason
