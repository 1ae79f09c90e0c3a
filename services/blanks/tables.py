"""Base of the room's tables."""

from sqlalchemy import MetaData
from sqlmodel import SQLModel

from shared.db import NAMING_CONVENTION


class Table(SQLModel):
    """The room's own tables: four rooms live in one process."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
