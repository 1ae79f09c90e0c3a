"""Statements: what somebody published, as published; read, checked, never mended."""

from calendar import monthrange
from datetime import date, datetime
from typing import cast
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text
from sqlmodel import Field

from services.recording.models.base import Table, one_of
from services.recording.models.documents import MISPRINT_FACTOR
from shared.amounts import Amount, Qualifier, decimal_text, read_amount
from shared.db import Instant
from shared.errors import Warn
from shared.events.recording import Stated, StatementReceived

QUALIFIERS = ("exact", "about", "more_than", "claimed")
PERCENT_FIGURES = ("coverage_claim", "target_percent")
SUMS = (("required_population", "recorded", "unrecorded"), ("recorded", "regular_prints", "unprinted"))


class Statement(Table, table=True):
    """One figure as somebody stated it, with who said it, where and when."""

    __table_args__ = (
        CheckConstraint(one_of("qualifier", QUALIFIERS), name="qualifier_known"),
        Index("ix_statement_area", "area", "as_of"),
    )

    id: UUID = Field(primary_key=True)
    district: str = Field(index=True)
    label: str
    area: str
    figure: str
    value: str = Field(sa_type=Text)
    qualifier: str
    as_of: date
    stated_on: str
    speaker: str
    publisher: str
    note: str = Field(default="", sa_type=Text)
    fingerprint: str = Field(repr=False)
    created_at: datetime = Field(sa_type=Instant)
    created_by: str

    @property
    def amount(self) -> Amount | None:
        """The number behind it with its range, by the reading rules of DOMAIN.md 20; None where there is none."""
        return read_amount(self.value, cast(Qualifier, self.qualifier), percent=self.figure in PERCENT_FIGURES)

    def publish(self) -> StatementReceived:
        amount = self.amount
        stated = None
        if amount is not None:
            ends = (decimal_text(end) for end in (amount.value, amount.low, amount.high))
            stated = Stated(**dict(zip(("value", "low", "high"), ends, strict=True)))
        return StatementReceived(
            district=self.district, id=self.id, label=self.label, area=self.area, figure=self.figure,
            as_published=self.value, stated=stated, qualifier=cast(Qualifier, self.qualifier), as_of=self.as_of,
            stated_on=self.stated_on, speaker=self.speaker, publisher=self.publisher, note=self.note,
        )  # fmt: skip


def doubts(stated: dict[str, Amount]) -> list[Warn]:
    """What does not hold among the figures stated of one area and day; flagged, never mended (DOMAIN.md 16, 1 to 3)."""
    found: list[Warn] = []
    required, recorded = stated.get("required_population"), stated.get("recorded")
    if required and recorded:
        if required.high * MISPRINT_FACTOR <= recorded.low:
            found.append(Warn("suspect", "#/value"))
        elif recorded.low > required.high:
            found.append(Warn("recorded_over_required", "#/value"))
    for whole, one, other in SUMS:
        known = {whole, one, other} <= stated.keys()
        if known and not stated[whole].meets(stated[one] + stated[other]):
            found.append(Warn("sum_mismatch", "#/value"))
    return found


def last_day(text: str) -> date:
    """A month or a year means its last day. Raises ValueError."""
    if len(text) == 10:
        return date.fromisoformat(text)
    year, _, month = text.partition("-")
    if len(year) != 4 or (month and len(month) != 2):
        raise ValueError("no day, month or year")
    number = int(month) if month else 12
    return date(int(year), number, monthrange(int(year), number)[1])
