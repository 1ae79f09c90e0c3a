"""Statements as published, read and checked but never mended; imports and their findings."""

from calendar import monthrange
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Column, Index, Text, UniqueConstraint
from sqlmodel import Field

from services.recording.population.models import MISPRINT_FACTOR
from services.recording.tables import Table
from shared.base.amounts import Amount, Qualifier, decimal_text, parse_amount
from shared.base.errors import ApiWarning
from shared.db import Instant, one_of
from shared.events.recording.statements import StatedNumber, StatementReceived

QUALIFIERS = ("exact", "about", "more_than", "claimed")


PERCENT_FIGURES = ("coverage_claim", "target_percent")


CHECKED_SUMS = (("required_population", "recorded", "unrecorded"), ("recorded", "regular_prints", "unprinted"))


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
        """The number behind it with its range; None where there is none.

        Source: docs/domain.md: Numbers as they are published.
        """
        return parse_amount(self.value, cast(Qualifier, self.qualifier), percent=self.figure in PERCENT_FIGURES)

    def to_event(self) -> StatementReceived:
        amount = self.amount
        stated = None
        if amount is not None:
            ends = (decimal_text(end) for end in (amount.value, amount.low, amount.high))
            stated = StatedNumber(**dict(zip(("value", "low", "high"), ends, strict=True)))
        return StatementReceived(
            district=self.district, id=self.id, label=self.label, area=self.area, figure=self.figure,
            as_published=self.value, stated=stated, qualifier=cast(Qualifier, self.qualifier), as_of=self.as_of,
            stated_on=self.stated_on, speaker=self.speaker, publisher=self.publisher, note=self.note,
        )  # fmt: skip


def consistency_warnings(stated: dict[str, Amount]) -> list[ApiWarning]:
    """What does not hold among the figures stated of one area and day; flagged, never mended.

    Source: docs/domain.md: What must hold, 1 to 3.
    """
    warnings: list[ApiWarning] = []
    required, recorded = stated.get("required_population"), stated.get("recorded")
    if required and recorded:
        if required.high * MISPRINT_FACTOR <= recorded.low:
            warnings.append(ApiWarning("suspect", "#/value"))
        elif recorded.low > required.high:
            warnings.append(ApiWarning("recorded_over_required", "#/value"))
    for whole, one, other in CHECKED_SUMS:
        known = {whole, one, other} <= stated.keys()
        if known and not stated[whole].overlaps(stated[one] + stated[other]):
            warnings.append(ApiWarning("sum_mismatch", "#/value"))
    return warnings


def last_day_of(text: str) -> date:
    """A month or a year means its last day. Raises ValueError."""
    if len(text) == 10:
        return date.fromisoformat(text)
    year, _, month = text.partition("-")
    if len(year) != 4 or (month and len(month) != 2):
        raise ValueError("no day, month or year")
    number = int(month) if month else 12
    return date(int(year), number, monthrange(int(year), number)[1])


IMPORT_KINDS = ("statements", "openings")


IMPORT_STATES = ("received", "done")


class Import(Table, table=True):
    """A file of one kind. `caller`: whose token brought it, so that a line outside its areas is refused later too."""

    __table_args__ = (
        CheckConstraint(one_of("kind", IMPORT_KINDS), name="kind_known"),
        CheckConstraint(one_of("state", IMPORT_STATES), name="state_known"),
        UniqueConstraint("kind", "digest", "created_by"),
    )

    id: UUID = Field(primary_key=True)
    kind: str
    digest: str
    content: bytes = Field(default=b"", repr=False)  # of one that release 0.1.0 left unfinished; else in parts
    caller: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))  # Any: subject, client, scopes, areas
    state: str = "received"
    lines: int = 0
    done: int = 0
    created: int = 0
    unchanged: int = 0
    refused: int = 0
    created_at: datetime = Field(sa_type=Instant)
    created_by: str


class ImportPart(Table, table=True):
    """The next lines of an import, read and packed: what belongs to one thing lies in one part. Taken, it is gone."""

    __tablename__ = "import_part"

    import_id: UUID = Field(primary_key=True, foreign_key="import.id")
    number: int = Field(primary_key=True)
    lines: bytes = Field(repr=False)


class ImportFinding(Table, table=True):
    """A line that was not taken, or taken with a doubt: its code and column, never its content."""

    __tablename__ = "import_finding"

    import_id: UUID = Field(primary_key=True, foreign_key="import.id")
    line: int = Field(primary_key=True)
    code: str = Field(primary_key=True)
    result: str
    column: str | None = None
