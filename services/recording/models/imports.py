"""Imports: a file taken in at once and worked off line by line; the same file again is the same import."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Column, UniqueConstraint
from sqlmodel import Field

from services.recording.models.base import Table, one_of
from shared.db import Instant

KINDS = ("statements", "openings")
STATES = ("received", "done")


class Import(Table, table=True):
    """A file of one kind. `caller`: whose token brought it, so that a line outside its areas is refused later too."""

    __table_args__ = (
        CheckConstraint(one_of("kind", KINDS), name="kind_known"),
        CheckConstraint(one_of("state", STATES), name="state_known"),
        UniqueConstraint("kind", "digest", "created_by"),
    )

    id: UUID = Field(primary_key=True)
    kind: str
    digest: str
    content: bytes = Field(repr=False)
    caller: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))  # Any: subject, client, scopes, areas
    state: str = "received"
    lines: int = 0
    done: int = 0
    created: int = 0
    unchanged: int = 0
    refused: int = 0
    created_at: datetime = Field(sa_type=Instant)
    created_by: str


class ImportFinding(Table, table=True):
    """A line that was not taken, or taken with a doubt: its code and column, never its content."""

    __tablename__ = "import_finding"

    import_id: UUID = Field(primary_key=True, foreign_key="import.id")
    line: int = Field(primary_key=True)
    code: str = Field(primary_key=True)
    result: str
    column: str | None = None
