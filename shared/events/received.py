"""What a room is handed: an event with its stamp. Whose fault it is when that fails stands with the inbox."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from shared.base import clock
from shared.events.base import Event
from shared.events.codec import Envelope, Unfoldable, event_of, instant_of


@dataclass(frozen=True, slots=True)
class EventOrigin:
    """What the publisher stamped on an event, and where it came from."""

    source: str
    partition: int
    seq: int
    id: UUID
    known_at: datetime


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """An event with its stamp."""

    origin: EventOrigin
    event: Event

    @property
    def known_on(self) -> date:
        """The day it became known, at the office that speaks."""
        return clock.local_day(self.event.district, self.origin.known_at)


class CannotBeFolded(Unfoldable):
    """This event is parked, alone; reports say that something is missing."""


def to_received_event(source: str, partition: int, envelope: Envelope) -> ReceivedEvent:
    """Raises Unfoldable where the content cannot be read."""
    origin = EventOrigin(source, partition, envelope.seq, UUID(envelope.id), instant_of(envelope))
    return ReceivedEvent(origin, event_of(envelope))
