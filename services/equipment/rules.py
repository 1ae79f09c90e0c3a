"""Rules that all subjects keep: on which day a step may be dated, and that it says something."""

from datetime import date

from shared.base import areas, clock
from shared.base.errors import AreaNotValidThen, BadRange, InFuture, Invalid


class NothingNew(Invalid):
    """This step reports nothing that is not known already."""

    code = "missing_field"


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
