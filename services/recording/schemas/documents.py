"""Shapes of documents, movements, targets, statements and imports."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.recording.models.documents import BASES, REASONS
from services.recording.models.statements import QUALIFIERS
from shared.http import AmountTold, Public, Shape
from shared.types import AnyArea, AreaCode, Count, DistrictCode, Id, LocalDate, Note, Percent, Scalar, Text, Word, wrong

Reason = Annotated[str, Note(1000)]
People = Annotated[int, Count()]


def read_figure(value: Any) -> str:  # Any: whatever JSON gave
    """A figure's identifier; one that nobody knows is kept as it is."""
    if not isinstance(value, str):
        raise wrong("wrong_type")
    if not (value.isascii() and value.replace("_", "a").isalnum() and value.islower() and len(value) <= 60):
        raise wrong("unknown_value")
    return value


class LineShape(Shape):
    area: AreaCode
    amount: AmountTold


class DocumentCreate(Shape):
    """No lines: what was set for that day is withdrawn. `total`: as stated beside them."""

    id: Id
    district: DistrictCode
    as_of: LocalDate
    lines: list[LineShape] = Field(max_length=200)
    total: People | None = None
    source: Annotated[str, Note(2000)]
    reason: Reason


class PopulationCreate(DocumentCreate):
    metric: Annotated[str, Word("population")] = "population"


class RequiredPopulationCreate(DocumentCreate):
    metric: Annotated[str, Word("required_population")] = "required_population"
    basis: Annotated[str, Word(*BASES)]


class OpeningBalanceCreate(DocumentCreate):
    metric: Annotated[str, Word("recorded", "printed_first")]


class DocumentPublic(Public):
    id: UUID
    district: str
    metric: str
    basis: str
    as_of: date
    lines: list[dict[str, Any]]  # Any: area, value, low, high
    total: int
    source: str
    reason: str


class MovementCreate(Shape):
    id: Id
    area: AreaCode
    occurred_on: LocalDate
    people: Annotated[int, Count(-1_000_000, 1_000_000)]
    reason: Annotated[str, Word(*REASONS)]


class MovementPublic(Public):
    id: UUID
    area: str
    occurred_on: date
    people: int
    reason: str


class TargetVersion(Shape):
    id: Id
    set_on: LocalDate
    due_on: LocalDate
    percent: Percent | None = None
    recordings: Annotated[int, Count(1)] | None = None
    reason: Reason | None = None

    @model_validator(mode="after")
    def check(self) -> Self:
        if (self.percent is None) == (self.recordings is None):
            raise wrong("missing_field" if self.percent is None else "inconsistent")
        if self.due_on < self.set_on:
            raise wrong("bad_range")
        return self


class TargetCreate(TargetVersion):
    area: AreaCode


class TargetPublic(Public):
    id: UUID
    target: UUID
    area: str
    set_on: date
    due_on: date
    percent: str | None
    recordings: int | None
    reason: str
    withdrawn_reason: str | None


class WithdrawalCreate(Shape):
    reason: Reason


class StatementCreate(Shape):
    """As published: `value` is text, `stated_on` as precise as it was told."""

    id: Id
    label: Annotated[str, Text(100)]
    area: AnyArea
    figure: Annotated[str, Scalar(read_figure, {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"}, "unknown_value")]
    value: Annotated[str, Text(200)]
    qualifier: Annotated[str, Word(*QUALIFIERS)]
    as_of: LocalDate
    stated_on: Annotated[str, Text(20)]
    speaker: Annotated[str, Text(100)]
    publisher: Annotated[str, Text(200)]
    note: Annotated[str, Note(2000)] | None = None


class StatementPublic(Public):
    id: UUID
    label: str
    area: str
    figure: str
    value: str
    qualifier: str
    as_of: date
    stated_on: str
    speaker: str
    publisher: str
    note: str


class ImportPublic(Public):
    id: UUID
    kind: str
    digest: str
    state: str
    lines: int
    done: int
    created: int
    unchanged: int
    refused: int
    created_at: datetime


class FindingPublic(Public):
    line: int
    result: str
    code: str
    column: str | None
