"""Days that a fact may be dated: not after today at the office, and while its area existed."""

from datetime import date

from shared.base import areas, clock
from shared.base.errors import AreaNotValidThen, BadRange, InFuture

OCCURRED_ON = "#/occurred_on"


def check_happened_on(area: str, on: date, pointer: str = OCCURRED_ON, *, area_pointer: str | None = None) -> None:
    """The day a thing begins. area_pointer: where the area is to blame. Raises InFuture, AreaNotValidThen."""
    if on > clock.today(area):
        raise InFuture(pointer=pointer)
    if not areas.is_valid_on(area, on):
        raise AreaNotValidThen(pointer=area_pointer or pointer)


def check_next_day(area: str, on: date, *, last_on: date) -> None:
    """The day of a later step; the thing may outlive the area. Raises InFuture, BadRange (before the last step)."""
    if on > clock.today(area):
        raise InFuture(pointer=OCCURRED_ON)
    if on < last_on:
        raise BadRange("It is dated before the last step.", pointer=OCCURRED_ON)
