"""Connections of sub-districts: dated observations, which of them is valid, and counts without names."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Literal, cast
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from services.equipment.tables import Table
from services.equipment.vocabulary import CONNECTION_STATES, COUNTED_METRICS
from shared.base import areas, clock
from shared.base.days import check_happened_on
from shared.base.errors import (
    AreaNotValidThen,
    IllegalTransition,
    InFuture,
    Invalid,
    OutOfRange,
    ReasonRequired,
    UnknownReference,
)
from shared.db import Instant, one_of
from shared.events.base import Line, Range
from shared.events.equipment.connectivity import ConnectivityChanged, OpeningBalanceSet

ConnectionState = Literal["online", "offline", "degraded", "unknown"]


class Connection(Table, table=True):
    """One sub-district's present connection: the state of the latest observation that was not withdrawn.

    Locked before any event about it, so that all its events are in one order. state: None when all was taken back.
    observations: how many were ever made; each gets the next number.
    """

    __table_args__ = (
        CheckConstraint(f"state IS NULL OR {one_of('state', CONNECTION_STATES)}", name="state_known"),
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
        check_happened_on(self.area, observation.occurred_on, area_pointer="#/area")
        self.observations += 1
        observation.number = self.observations
        return observation.to_event()

    def set_latest(self, latest: "Observation | None", since_on: date | None) -> None:
        """Take over the latest valid observation."""
        self.state = latest.state if latest else None
        self.checked_on = latest.occurred_on if latest else None
        self.checked_by = latest.checked_by if latest else None
        self.since_on = since_on


class Observation(Table, table=True):
    """Somebody saw how a sub-district was connected on a day. Taken back, it never was."""

    __tablename__ = "connection_observation"
    __table_args__ = (
        CheckConstraint(one_of("state", CONNECTION_STATES), name="state_known"),
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
        """It was seen wrong. -> False where the same was given before. Raises IllegalTransition for another reason."""
        if self.withdrawal_reason == reason:
            return False
        if self.withdrawal_reason is not None:
            raise IllegalTransition(state="withdrawn", allowed=())
        self.withdrawal_reason = reason
        return True

    def to_event(self, *, taken_back: bool = False) -> ConnectivityChanged:
        return ConnectivityChanged(
            district=self.district,
            id=self.id,
            area=self.area,
            occurred_on=self.occurred_on,
            state=cast(ConnectionState, self.state),  # the CHECK and the shape hold it to the list
            checked_by=self.checked_by or "",
            taken_back=taken_back,
        )


def withdrawal_events(withdrawn: Observation, same_day: Sequence[Observation]) -> list[ConnectivityChanged]:
    """The events of a withdrawal. same_day: what is still valid of that day, in order.

    Who hears of it keeps one row for a day and a state. So where another observation says the same, the day is said
    again as it stands, in its order; else that state of that day is taken back.
    """
    if any(other.state == withdrawn.state for other in same_day):
        return [other.to_event() for other in same_day]
    return [withdrawn.to_event(taken_back=True)]


CountMetric = Literal["subdistricts_online", "subdistricts_offline", "subdistricts_degraded"]


class MoreThanThereAre(Invalid):
    """The counts of this day are together more than the district has sub-districts."""

    code = "inconsistent"


class ConnectionCount(Table, table=True):
    """How many sub-districts were in a state at the end of a day. No count: what was set for that day is withdrawn.

    stands: no later document of that district, metric and day took its place.
    """

    __tablename__ = "connection_count"
    __table_args__ = (
        CheckConstraint(one_of("metric", COUNTED_METRICS), name="metric_known"),
        CheckConstraint("(value IS NULL) = (low IS NULL) AND (value IS NULL) = (high IS NULL)", name="whole"),
        CheckConstraint("low >= 0 AND low <= value AND value <= high", name="ordered"),
        Index(
            "uq_connection_count_standing",
            "district",
            "as_of",
            "metric",
            unique=True,
            sqlite_where=text("stands"),
            postgresql_where=text("stands"),
        ),
    )

    id: UUID = Field(primary_key=True)
    district: str
    metric: str
    as_of: date
    value: int | None
    low: int | None
    high: int | None
    source: str
    reason: str
    stands: bool = True
    fingerprint: str = Field(repr=False)
    created_at: datetime = Field(sa_type=Instant)
    created_by: str

    def supersede(self, valid: Iterable["ConnectionCount"]) -> OpeningBalanceSet:
        """Begin to stand, in place of what stood. valid: the counts of that district and day, of every metric.

        Raises InFuture (the day is not over), AreaNotValidThen, OutOfRange, MoreThanThereAre, ReasonRequired (a
        correction says why), UnknownReference (nothing to withdraw).
        """
        replaced = [other for other in valid if other.metric == self.metric]
        other_metrics = [other for other in valid if other.metric != self.metric]
        self._check_day()
        if (replaced or self.value is None) and not self.reason:
            raise ReasonRequired(pointer="#/reason")
        if self.value is None and not replaced:
            raise UnknownReference("Nothing was set for that day.", pointer="#/lines")
        self._check_size(other_metrics)
        for other in replaced:
            other.stands = False
        self.stands = self.value is not None
        return self.to_event()

    def to_event(self) -> OpeningBalanceSet:
        lines: tuple[Line, ...] = ()
        if self.value is not None and self.low is not None and self.high is not None:
            amount = Range(value=self.value, low=self.low, high=self.high)
            lines = (Line(area=f"{self.district}.00", amount=amount),)
        return OpeningBalanceSet(
            district=self.district,
            metric=cast(CountMetric, self.metric),  # the CHECK and the shape hold it to the list
            as_of=self.as_of,
            lines=lines,
            source=self.source,
            reason=self.reason,
        )

    def _check_day(self) -> None:
        if self.as_of >= clock.today(self.district):
            raise InFuture("A count speaks for a day that is over.", pointer="#/as_of")
        if not areas.is_valid_on(self.district, self.as_of):
            raise AreaNotValidThen(pointer="#/district")

    def _check_size(self, other_metrics: Iterable["ConnectionCount"]) -> None:
        there_are = len(areas.subdistricts_of(self.district))
        if (self.high or 0) > there_are:
            raise OutOfRange("The district has fewer sub-districts.", pointer="#/lines/0/amount")
        if (self.low or 0) + sum(other.low or 0 for other in other_metrics) > there_are:
            raise MoreThanThereAre(pointer="#/lines/0/amount")
