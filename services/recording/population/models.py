"""Documents: how many there were at the end of a day, with lines that add up; and single movements in between."""

from datetime import date, datetime
from typing import Any, Literal, cast
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Column, Index, Text
from sqlmodel import Field

from services.recording.tables import Table
from shared.base.errors import Invalid
from shared.db import Instant, one_of
from shared.events.base import Anchor, Line, Range
from shared.events.metrics import anchored_by
from shared.events.recording import population as events

DOCUMENT_METRICS = anchored_by("recording")
BASES = ("running", "dkb", "target", "estimate")
GAIN_REASONS = ("turned_17", "married", "moved_in", "returned", "permit_granted", "record_unblocked")
LOSS_REASONS = ("died", "moved_out", "citizenship_lost", "permit_lost", "duplicate_removed", "record_blocked")
MOVEMENT_REASONS = (
    *GAIN_REASONS,
    *LOSS_REASONS,
    "region_changed",
)  # docs/domain.md: Who must hold a card; a change of region goes either way
MISPRINT_FACTOR = 10  # a required population so many times below the recorded is a probable misprint


class Inconsistent(Invalid):
    """There cannot be more people required to hold a card than there are people."""


class WrongSign(Invalid):
    """This reason adds people, or takes them away, not the other way round."""

    code = "out_of_range"


class Document(Table, table=True):
    """An anchor as an office set it. No lines: what was set for that day is withdrawn."""

    __table_args__ = (
        CheckConstraint(one_of("metric", DOCUMENT_METRICS), name="metric_known"),
        Index("ix_document_standing", "district", "metric", "basis", "as_of"),
    )

    id: UUID = Field(primary_key=True)
    district: str
    metric: str
    basis: str = ""
    as_of: date
    lines: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))  # Any: area, value, low, high
    source: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    fingerprint: str = Field(repr=False)
    created_at: datetime = Field(sa_type=Instant)
    created_by: str

    @property
    def total(self) -> int:
        return sum(int(line["value"]) for line in self.lines)

    def to_event(self) -> Anchor:
        fields: dict[str, Any] = {  # Any: fields of the event
            "district": self.district,
            "as_of": self.as_of,
            "lines": tuple(
                Line(area=line["area"], amount=Range(value=line["value"], low=line["low"], high=line["high"]))
                for line in self.lines
            ),
            "basis": self.basis,
            "source": self.source,
            "reason": self.reason,
        }
        if self.metric == "population":
            return events.PopulationSet(**fields)
        if self.metric == "required_population":
            return events.RequiredPopulationSet(**fields)
        return events.OpeningBalanceSet(**fields, metric=cast(Literal["recorded", "printed_first"], self.metric))


class Movement(Table, table=True):
    """People became, or ceased to be, required to hold a card."""

    __table_args__ = (CheckConstraint(one_of("reason", MOVEMENT_REASONS), name="reason_known"),)

    id: UUID = Field(primary_key=True)
    district: str = Field(index=True)
    area: str
    occurred_on: date
    people: int
    reason: str
    fingerprint: str = Field(repr=False)
    created_at: datetime = Field(sa_type=Instant)
    created_by: str

    def to_event(self) -> events.RequiredPopulationMoved:
        """Raises WrongSign."""
        if (
            self.people == 0
            or (self.people < 0 and self.reason in GAIN_REASONS)
            or (self.people > 0 and self.reason in LOSS_REASONS)
        ):
            raise WrongSign(pointer="#/people")
        return events.RequiredPopulationMoved(
            district=self.district, movement=self.id, area=self.area, occurred_on=self.occurred_on,
            people=self.people, reason=self.reason,
        )  # fmt: skip
