"""Base of the room's tables."""

from sqlalchemy import MetaData
from sqlmodel import SQLModel

from shared.db import NAMING


class Table(SQLModel):
    """The room's own tables: four rooms live in one process."""

    metadata = MetaData(naming_convention=NAMING)


def one_of(column: str, words: tuple[str, ...]) -> str:
    """A CHECK that a column holds one of a closed list of words."""
    return f"{column} IN ({', '.join(repr(str(word)) for word in words)})"
