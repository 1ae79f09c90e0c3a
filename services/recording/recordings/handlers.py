"""What recording does when blanks publishes a printed card: its record moves on."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select

from services.recording.recordings.events import record_events
from services.recording.recordings.models import Recording
from services.recording.recordings.states import State
from shared.db import Session
from shared.events.base import Event
from shared.events.blanks.printing import CardsPrinted
from shared.messaging.inbox import CannotBeFolded, EventOrigin


async def on_cards_printed(session: Session, event: CardsPrinted, origin: EventOrigin) -> None:
    """A first card of a person moves the record to printed, whatever its state; others only count in reporting.

    Raises CannotBeFolded where a record was never seen here.
    """
    named = [recording for line in event.lines if line.first for recording in line.recordings]
    rows = await lock_recordings(session, named)
    if len(rows) < len(set(named)):
        raise CannotBeFolded("unknown_subject")
    events: list[Event] = []
    for row in rows:
        if is_newer(row, origin):
            row.heard_partition, row.heard_seq = origin.partition, origin.seq
            events += row.mark_printed(event.occurred_on)
            session.add(row)
    record_events(session, events)


async def lock_recordings(session: Session, recordings: Sequence[UUID]) -> Sequence[Recording]:
    """In one order, until the transaction ends."""
    query = select(Recording).where(col(Recording.id).in_(recordings)).order_by(col(Recording.id))
    return (await session.exec(query.with_for_update())).all()


def is_newer(row: Recording, origin: EventOrigin) -> bool:
    """A row takes only what is newer than the last it took; one that is gone, or printed, stays so."""
    if not row.is_live or row.state == State.PRINTED:
        return False
    return row.heard_partition != origin.partition or row.heard_seq is None or origin.seq > row.heard_seq
