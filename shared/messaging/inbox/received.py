"""What a consumer hands to a room and to its inbox, and whose fault it is when that fails."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.base.errors import NotFound, OutcomeUnknown, Unavailable
from shared.db import Session, is_data_error
from shared.events.base import Event
from shared.events.codec import Envelope, Unfoldable
from shared.events.received import EventOrigin, ReceivedEvent
from shared.messaging.transports import Position, SeekPosition

Handler = Callable[[Session, Any, EventOrigin], Awaitable[None]]  # Any: each handler takes its own event class
Fold = Callable[[Session, Sequence[ReceivedEvent]], Awaitable[None]]


class PositionConflict(Exception):
    """A position moved since it was read: another consumer took these events."""


class ArrivedEvent(NamedTuple):
    """A record in sequence: its envelope, the bytes it came as, and where it stood in Kafka, if it came from there."""

    partition: int
    envelope: Envelope
    value: bytes
    offset: int | None


class AdvancedPositions(NamedTuple):
    """Positions after a fold, and how many events each went on."""

    reached: Mapping[int, Position]
    numbers: Mapping[int, int]


@dataclass
class ConsumerState:
    """What is known of one source: positions by partition, and the history they belong to."""

    positions: dict[int, Position]
    history: UUID | None = None
    stopped: str = ""

    def seek(self) -> dict[int, SeekPosition]:
        return {partition: SeekPosition(at.last_seq, at.hint) for partition, at in self.positions.items()}


def fold_with_handlers(handlers: Sequence[Mapping[type[Event], Handler]]) -> Fold:
    """A fold that calls a room's handlers one by one; what it does not listen to passes by."""

    async def fold(session: Session, batch: Sequence[ReceivedEvent]) -> None:
        for received in batch:
            for handler in [each[type(received.event)] for each in handlers if type(received.event) in each]:
                await handler(session, received.event, received.origin)

    return fold


def is_content_error(error: Exception) -> bool:
    """The event itself is at fault, and would be again: only then may it be parked."""
    if isinstance(error, (PositionConflict, Unavailable, OutcomeUnknown, PoolTimeout, OSError)):
        return False
    if isinstance(error, DBAPIError):
        return is_data_error(error)
    return not type(error).__module__.startswith(("asyncpg", "sqlite3", "aiosqlite"))


def reason_of(error: Exception) -> str:
    """A word, and what the room itself says; never the text of a foreign exception: it may quote a value."""
    if isinstance(error, NotFound):
        return "unknown_subject"
    return str(error) if isinstance(error, Unfoldable) else "fold_failed"
