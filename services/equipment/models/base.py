"""Base of the room's tables, and the rules of days that all of them keep."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import MetaData
from sqlmodel import SQLModel

from shared import areas, clock
from shared.db import NAMING
from shared.errors import AreaNotValidThen, BadRange, InFuture, Invalid


class NothingSaid(Invalid):
    """This step would tell nothing that is not known already."""

    code = "missing_field"


class Table(SQLModel):
    """The room's own tables: four rooms live in one process."""

    metadata = MetaData(naming_convention=NAMING)


def one_of(column: str, words: Iterable[str]) -> str:
    """A CHECK that a column holds one of a closed list of words."""
    return f"{column} IN ({', '.join(repr(str(word)) for word in words)})"


def check_first_day(area: str, on: date) -> None:
    """The day a thing begins. Raises InFuture, AreaNotValidThen: the area was not there yet, or no more."""
    if on > clock.today(area):
        raise InFuture(pointer="#/occurred_on")
    if not areas.is_valid_on(area, on):
        raise AreaNotValidThen(pointer="#/area")


def check_next_day(area: str, on: date, *, last_on: date) -> None:
    """The day of a later step; the thing may outlive the area. Raises InFuture, BadRange (before the last step)."""
    if on > clock.today(area):
        raise InFuture(pointer="#/occurred_on")
    if on < last_on:
        raise BadRange("It is dated before the last step.", pointer="#/occurred_on")


def check_promise(due_on: date | None, *, said_on: date) -> None:
    """Nobody promises a day that is over. Raises BadRange."""
    if due_on is not None and due_on < said_on:
        raise BadRange("The promised day lies before the day of the promise.", pointer="#/due_on")
