"""What a room is handed: an event with its stamp. Whose fault it is when that fails stands with the inbox."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from shared.base import clock
from shared.events.base import Event
from shared.events.codec import Envelope, Unfoldable, event_of, instant_of


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the publisher stamped on an event, and where it came from."""

    source: str
    partition: int
    seq: int
    id: UUID
    known_at: datetime


@dataclass(frozen=True, slots=True)
class Received:
    """An event with its stamp."""

    stamp: Stamp
    event: Event

    @property
    def known_on(self) -> date:
        """The day it became known, at the office that speaks."""
        return clock.local_day(self.event.district, self.stamp.known_at)


class CannotBeFolded(Unfoldable):
    """This event is parked, alone; reports say that something is missing."""


def received_of(source: str, partition: int, envelope: Envelope) -> Received:
    """Raises Unfoldable where the content cannot be read."""
    stamp = Stamp(source, partition, envelope.seq, UUID(envelope.id), instant_of(envelope))
    return Received(stamp, event_of(envelope))
