"""Shapes of statements, imports and their findings."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from services.recording.statements.models import QUALIFIERS
from shared.base.area_fields import AnyArea
from shared.base.fields import Choice, Id, LocalDate, MultilineText, Scalar, Text, field_error
from shared.base.nik_in_text import contains_nik
from shared.base.shapes import RequestModel, ResponseModel


def read_figure(value: Any) -> str:  # Any: whatever JSON gave
    """A figure's identifier; one that nobody knows is kept as it is."""
    if not isinstance(value, str):
        raise field_error("wrong_type")
    if not (value.isascii() and value.replace("_", "a").isalnum() and value.islower() and len(value) <= 60):
        raise field_error("unknown_value")
    if contains_nik(value):
        raise field_error("nik_in_text")
    return value


FIGURE_NAME = Scalar(
    read_figure,
    {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
    "unknown_value",
    "nik_in_text",
    expected="a figure's name: small letters, digits and underscores, as required_population",
)


class StatementCreate(RequestModel):
    """As published: `value` is text, `stated_on` as precise as it was published."""

    id: Id
    label: Annotated[str, Text(100)]
    area: AnyArea
    figure: Annotated[str, FIGURE_NAME]
    value: Annotated[str, Text(200)]
    qualifier: Annotated[str, Choice(*QUALIFIERS)]
    as_of: LocalDate
    stated_on: Annotated[str, Text(20)]
    speaker: Annotated[str, Text(100)]
    publisher: Annotated[str, Text(200)]
    note: Annotated[str, MultilineText(2000)] | None = None


class StatementPublic(ResponseModel):
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


class ImportPublic(ResponseModel):
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


class ImportFindingPublic(ResponseModel):
    line: int
    result: str
    code: str
    column: str | None
