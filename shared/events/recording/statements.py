"""Events of published statements."""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from shared.events.base import AreaCode, Event, LongText, ShortText


class StatedNumber(msgspec.Struct, frozen=True, kw_only=True):
    """A stated number with the range its qualifier leaves it, as decimal strings."""

    value: str
    low: str
    high: str


class StatementReceived(Event, frozen=True, kw_only=True):
    """Somebody published a number, a date or a word; kept as published, checked, never summed."""

    type: ClassVar[str] = "rekap.recording.statement.received.v1"

    id: UUID
    label: LongText  # the source's own name for it, such as `sanggau-03`
    area: AreaCode
    figure: ShortText
    as_published: LongText
    stated: StatedNumber | None  # none where no number is behind it
    qualifier: Literal["exact", "about", "more_than", "claimed"]
    as_of: date
    stated_on: LongText  # a day, month or year: as precise as it was told
    speaker: LongText
    publisher: LongText
    note: LongText = ""
