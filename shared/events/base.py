"""What every event is made of. Strict when written, lenient when read: readers ignore fields they do not know."""

from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

import msgspec

AreaCode = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{2}(\.[0-9]{2}){0,2}$")]
ShortText = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
LongText = Annotated[str, msgspec.Meta(max_length=2000)]
SignedCount = Annotated[int, msgspec.Meta(ge=-1_000_000_000, le=1_000_000_000)]
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
PositiveCount = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]

ITEMS_AT_MOST = 500  # of one event; a larger action is told in several


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """A number with the range it may lie in; all three are equal where it is exact. Going out, all are negative."""

    value: SignedCount
    low: SignedCount
    high: SignedCount


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One area's part of an anchor: a sub-district, or `<district>.00` for what is in none of those named."""

    area: AreaCode
    amount: Range


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened, said by an office. Its clock gives the day it happened and the day it became known."""

    type: ClassVar[str]

    district: AreaCode  # the office that speaks: a district, or `61` and `00` for a province and the nation


class Anchor(Event, frozen=True, kw_only=True):
    """An office starts a metric from a number at the end of a finished day; the lines add up to the total.

    No lines: what was set for that day is withdrawn.
    """

    as_of: date
    lines: Annotated[tuple[Line, ...], msgspec.Meta(max_length=200)]
    basis: Annotated[str, msgspec.Meta(max_length=20)] = ""
    source: LongText = ""
    reason: LongText = ""


class ItemEvent(Event, frozen=True, kw_only=True):
    """A thing with a state entered one. `taken_back`: what was said of that day and state no longer stands."""

    id: UUID  # of the thing
    area: AreaCode
    occurred_on: date
    taken_back: bool = False


def event_classes(module: object) -> tuple[type[Event], ...]:
    """The event classes that a publisher's module defines, in the order they are written."""
    return tuple(
        found
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, Event) and "type" in vars(found)
    )
