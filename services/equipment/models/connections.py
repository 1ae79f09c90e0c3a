"""Connections of sub-districts: dated observations, and which of them is in force."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal, cast
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from services.equipment.models.base import Table, check_first_day, one_of
from services.equipment.models.words import CONNECTIONS
from shared import areas
from shared.db import Instant
from shared.errors import IllegalTransition
from shared.events.equipment import ConnectivityChanged

State = Literal["online", "offline", "degraded", "unknown"]


class Connection(Table, table=True):
    """One sub-district's connection as it stands: what the latest observation that nobody took back says.

    Locked before anything is said of it, so that all its events are in one order. state: None when all was taken back.
    observations: how many were ever made; each gets the next number.
    """

    __table_args__ = (
        CheckConstraint(f"state IS NULL OR {one_of('state', CONNECTIONS)}", name="state_known"),
        CheckConstraint("since_on <= checked_on", name="since_before_checked"),
    )

    area: str = Field(primary_key=True)
    observations: int = 0
    state: str | None = None
    since_on: date | None = None
    checked_on: date | None = None
    checked_by: str | None = None

    @property
    def district(self) -> str:
        return areas.district_of(self.area)

    def observe(self, observation: "Observation") -> ConnectivityChanged:
        """Somebody looked. It may be dated before what is known already. Raises InFuture, AreaNotValidThen."""
        check_first_day(self.area, observation.occurred_on)
        self.observations += 1
        observation.number = self.observations
        return observation.said()

    def stand(self, latest: "Observation | None", since_on: date | None) -> None:
        """Take over what is in force now."""
        self.state = latest.state if latest else None
        self.checked_on = latest.occurred_on if latest else None
        self.checked_by = latest.checked_by if latest else None
        self.since_on = since_on


class Observation(Table, table=True):
    """Somebody saw how a sub-district was connected on a day. Taken back, it never was."""

    __tablename__ = "connection_observation"
    __table_args__ = (
        CheckConstraint(one_of("state", CONNECTIONS), name="state_known"),
        Index(
            "ix_connection_observation_standing",
            "area",
            "occurred_on",
            "number",
            unique=True,
            sqlite_where=text("withdrawal_reason IS NULL"),
            postgresql_where=text("withdrawal_reason IS NULL"),
        ),
    )

    id: UUID = Field(primary_key=True)
    district: str
    area: str
    state: str
    occurred_on: date
    checked_by: str | None = None
    number: int = 0  # in the order they came in, of one sub-district
    withdrawal_reason: str | None = None
    fingerprint: str = Field(repr=False)
    created_at: datetime = Field(sa_type=Instant)
    created_by: str

    def withdraw(self, reason: str) -> bool:
        """It was seen wrong. -> False where the same was said before. Raises IllegalTransition for another reason."""
        if self.withdrawal_reason == reason:
            return False
        if self.withdrawal_reason is not None:
            raise IllegalTransition(state="withdrawn", allowed=())
        self.withdrawal_reason = reason
        return True

    def said(self, *, taken_back: bool = False) -> ConnectivityChanged:
        return ConnectivityChanged(
            district=self.district,
            id=self.id,
            area=self.area,
            occurred_on=self.occurred_on,
            state=cast(State, self.state),  # the CHECK and the shape hold it to the list
            checked_by=self.checked_by or "",
            taken_back=taken_back,
        )


def taken_back(withdrawn: Observation, same_day: Sequence[Observation]) -> list[ConnectivityChanged]:
    """What to say of a withdrawal. same_day: what still stands of that day, in order.

    Who hears of it keeps one row for a day and a state. So where another observation says the same, the day is said
    again as it stands, in its order; else that state of that day is taken back.
    """
    if any(other.state == withdrawn.state for other in same_day):
        return [other.said() for other in same_day]
    return [withdrawn.said(taken_back=True)]
