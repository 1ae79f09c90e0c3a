"""Events of published statements."""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from shared.events.base import Code, Event, Prose, Word


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """A stated number with the range its qualifier leaves it, as decimal strings."""

    value: str
    low: str
    high: str


class StatementReceived(Event, frozen=True, kw_only=True):
    """Somebody published a number, a date or a word; kept as published, checked, never summed."""

    type: ClassVar[str] = "rekap.recording.statement.received.v1"

    id: UUID
    label: Prose  # the source's own name for it, such as `sanggau-03`
    area: Code
    figure: Word
    as_published: Prose
    stated: Stated | None  # none where no number is behind it
    qualifier: Literal["exact", "about", "more_than", "claimed"]
    as_of: date
    stated_on: Prose  # a day, month or year: as precise as it was told
    speaker: Prose
    publisher: Prose
    note: Prose = ""
