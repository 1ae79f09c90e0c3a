"""Base of the room's tables, and the columns that several of them share."""

from datetime import datetime
from typing import TypedDict

from sqlalchemy import MetaData
from sqlmodel import SQLModel

from shared.base import clock
from shared.db import NAMING_CONVENTION
from shared.security.caller import Caller


class Table(SQLModel):
    """The room's own tables: four rooms live in one process."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


class CreationColumns(TypedDict):
    fingerprint: str
    created_at: datetime
    created_by: str


def creation_columns(fingerprint: str, by: Caller) -> CreationColumns:
    return {"fingerprint": fingerprint, "created_at": clock.now(), "created_by": by.subject}
