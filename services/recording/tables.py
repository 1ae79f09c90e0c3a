"""Base of the room's tables, and the checks that several of them share."""

from typing import Any

from sqlalchemy import MetaData
from sqlmodel import SQLModel

from shared.base import areas, clock
from shared.base.errors import AreaNotValidThen, InFuture
from shared.db import NAMING_CONVENTION


class Table(SQLModel):
    """The room's own tables: four rooms live in one process."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


def one_of(column: str, words: tuple[str, ...]) -> str:
    """A CHECK that a column holds one of a closed list of words."""
    return f"{column} IN ({', '.join(repr(str(word)) for word in words)})"


def check_happened_on(area: str, on: Any, pointer: str = "#/occurred_on") -> None:  # Any: a date
    """Raises InFuture, AreaNotValidThen."""
    if on > clock.today(area):
        raise InFuture(pointer=pointer)
    if not areas.is_valid_on(area, on):
        raise AreaNotValidThen(pointer=pointer)
