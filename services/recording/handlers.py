"""What recording does when blanks speaks: a card came out, so its record moves on."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select

from services.recording.commands.saying import say
from services.recording.models import Recording
from services.recording.models.states import State
from shared.db import Session
from shared.events import Event
from shared.events.blanks import CardsPrinted
from shared.inbox import CannotBeFolded, Stamp


async def on_cards_printed(session: Session, event: CardsPrinted, stamp: Stamp) -> None:
    """A first card of a person moves the record to printed, wherever it stood; others only count in reporting.

    Raises CannotBeFolded where a record was never seen here.
    """
    named = [recording for line in event.lines if line.first for recording in line.recordings]
    rows = await held(session, named)
    if len(rows) < len(set(named)):
        raise CannotBeFolded("unknown_subject")
    events: list[Event] = []
    for row in rows:
        if is_news(row, stamp):
            row.heard_partition, row.heard_seq = stamp.partition, stamp.seq
            events += row.print_card(event.occurred_on)
            session.add(row)
    say(session, events)


async def held(session: Session, recordings: Sequence[UUID]) -> Sequence[Recording]:
    """In one order, until the transaction ends."""
    query = select(Recording).where(col(Recording.id).in_(recordings)).order_by(col(Recording.id))
    return (await session.exec(query.with_for_update())).all()


def is_news(row: Recording, stamp: Stamp) -> bool:
    """A row takes only what is newer than the last it took; one that is gone, or printed, stays so."""
    if not row.is_live or row.state == State.PRINTED:
        return False
    return row.heard_partition != stamp.partition or row.heard_seq is None or stamp.seq > row.heard_seq
