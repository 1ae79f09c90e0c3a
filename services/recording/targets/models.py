"""Targets: a share, or a number, of the required population to be recorded by a day; every version is kept."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text
from sqlmodel import Field

from services.recording.tables import Table
from shared.base.errors import Conflict
from shared.db import Instant
from shared.events.recording.targets import TargetSet


class AlreadyWithdrawn(Conflict):
    """It was taken back already."""


class Target(Table, table=True):
    """One version of a target; `target` names the thing, `id` the version. set_on: the day it was decided."""

    __table_args__ = (
        CheckConstraint("(percent IS NULL) <> (recordings IS NULL)", name="percent_or_count"),
        CheckConstraint("due_on >= set_on", name="due_after_set"),
        Index("ix_target_due", "area", "due_on"),
    )

    id: UUID = Field(primary_key=True)
    target: UUID = Field(index=True)
    district: str = Field(index=True)
    area: str
    set_on: date
    due_on: date
    percent: str | None = None
    recordings: int | None = None
    reason: str = Field(default="", sa_type=Text)
    withdrawn_reason: str | None = Field(default=None, sa_type=Text)
    fingerprint: str = Field(repr=False)
    created_at: datetime = Field(sa_type=Instant)
    created_by: str

    def to_event(self) -> TargetSet:
        return TargetSet(
            district=self.district, id=self.target, area=self.area, occurred_on=self.set_on, due_on=self.due_on,
            percent=self.percent, recordings=self.recordings, reason=self.reason,
            taken_back=self.withdrawn_reason is not None,
        )  # fmt: skip

    def withdraw(self, reason: str) -> TargetSet:
        """It was not decided so. Raises AlreadyWithdrawn."""
        if self.withdrawn_reason is not None:
            raise AlreadyWithdrawn
        self.withdrawn_reason = reason
        return self.to_event()
