"""Counts of sub-districts by connection, without names: one document for a district, a metric and a finished day."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal, cast
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from services.equipment.models.base import Table, one_of
from services.equipment.models.words import COUNTED
from shared import areas, clock
from shared.db import Instant
from shared.errors import AreaNotValidThen, InFuture, Invalid, OutOfRange, ReasonRequired, UnknownReference
from shared.events.base import Line, Range
from shared.events.equipment import OpeningBalanceSet

Metric = Literal["subdistricts_online", "subdistricts_offline", "subdistricts_degraded"]


class MoreThanThereAre(Invalid):
    """The counts of this day are together more than the district has sub-districts."""

    code = "inconsistent"


class ConnectionCount(Table, table=True):
    """How many sub-districts were in a state at the end of a day. No count: what was set for that day is withdrawn.

    stands: no later document of that district, metric and day took its place.
    """

    __tablename__ = "connection_count"
    __table_args__ = (
        CheckConstraint(one_of("metric", COUNTED), name="metric_known"),
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

    def take_over(self, standing: Iterable["ConnectionCount"]) -> OpeningBalanceSet:
        """Begin to stand, in place of what stood. standing: the counts of that district and day, of every metric.

        Raises InFuture (the day is not over), AreaNotValidThen, OutOfRange, MoreThanThereAre, ReasonRequired (a
        correction says why), UnknownReference (nothing to withdraw).
        """
        before = [other for other in standing if other.metric == self.metric]
        beside = [other for other in standing if other.metric != self.metric]
        self._check_day()
        if (before or self.value is None) and not self.reason:
            raise ReasonRequired(pointer="#/reason")
        if self.value is None and not before:
            raise UnknownReference("Nothing was set for that day.", pointer="#/lines")
        self._check_size(beside)
        for other in before:
            other.stands = False
        self.stands = self.value is not None
        return self.said()

    def said(self) -> OpeningBalanceSet:
        lines: tuple[Line, ...] = ()
        if self.value is not None and self.low is not None and self.high is not None:
            amount = Range(value=self.value, low=self.low, high=self.high)
            lines = (Line(area=f"{self.district}.00", amount=amount),)
        return OpeningBalanceSet(
            district=self.district,
            metric=cast(Metric, self.metric),  # the CHECK and the shape hold it to the list
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

    def _check_size(self, beside: Iterable["ConnectionCount"]) -> None:
        there_are = len(areas.subdistricts_of(self.district))
        if (self.high or 0) > there_are:
            raise OutOfRange("The district has fewer sub-districts.", pointer="#/lines/0/amount")
        if (self.low or 0) + sum(other.low or 0 for other in beside) > there_are:
            raise MoreThanThereAre(pointer="#/lines/0/amount")
