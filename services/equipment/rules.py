"""Rules that all slices keep: a promise is of a day to come, and a step reports something."""

from datetime import date

from shared.base.errors import BadRange, Invalid


class NothingNew(Invalid):
    """This step reports nothing that is not known already."""

    code = "missing_field"


def check_promise(due_on: date | None, *, said_on: date) -> None:
    """Nobody promises a day that is over. Raises BadRange."""
    if due_on is not None and due_on < said_on:
        raise BadRange("The promised day lies before the day of the promise.", pointer="#/due_on")
