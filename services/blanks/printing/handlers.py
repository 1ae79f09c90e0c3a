"""What blanks does with recording's events: print-ready people enter the print queue and leave it again."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from sqlmodel import col, select

from services.blanks.printing.models import PRIORITY_OF_REASON, PrintQueueEntry
from shared.db import Session
from shared.events.recording.recordings import (
    RecordingAt,
    RecordingMove,
    RecordingsAreaChanged,
    RecordingsCameOfAge,
    RecordingsDeleted,
    RecordingsStateChanged,
)
from shared.messaging.inbox import EventOrigin

QUEUED = ("print_ready", "held", "failed")  # a failed record is kept too, so that it is known why it cannot be printed


async def on_recordings_state_changed(session: Session, event: RecordingsStateChanged, origin: EventOrigin) -> None:
    entries = await queue_entries_of(session, event.items)
    for item in event.items:
        update_queue_entry(session, entries, event.district, item, event.entered, event.occurred_on, origin)


async def on_recordings_came_of_age(session: Session, event: RecordingsCameOfAge, origin: EventOrigin) -> None:
    entries = await queue_entries_of(session, event.items)
    for item in event.items:
        row = update_queue_entry(session, entries, event.district, item, event.entered, event.occurred_on, origin)
        if row is not None:
            row.reason, row.priority = "turned_17", PRIORITY_OF_REASON["turned_17"]


async def on_recordings_area_changed(session: Session, event: RecordingsAreaChanged, origin: EventOrigin) -> None:
    entries = await queue_entries_of(session, event.items)
    for item in event.items:
        row = entries.get(item.recording)
        if row is not None and origin.seq > row.heard_seq:
            row.area, row.heard_seq = item.entered_area, origin.seq
            session.add(row)


async def on_recordings_deleted(session: Session, event: RecordingsDeleted, origin: EventOrigin) -> None:
    entries = await queue_entries_of(session, event.items)
    for item in event.items:
        update_queue_entry(session, entries, event.district, item, "gone", event.occurred_on, origin)


async def queue_entries_of(
    session: Session, items: Iterable[RecordingAt | RecordingMove]
) -> dict[UUID, PrintQueueEntry]:
    """The rows of all of an event's records in one question: an upload's event has hundreds.

    Held, in the order in which print runs hold them: a run that is being printed is seen once it is stored.
    """
    some = col(PrintQueueEntry.recording).in_([item.recording for item in items])
    query = select(PrintQueueEntry).where(some).order_by(col(PrintQueueEntry.recording)).with_for_update()
    return {row.recording: row for row in (await session.exec(query)).all()}


def update_queue_entry(
    session: Session,
    entries: dict[UUID, PrintQueueEntry],
    district: str,
    item: RecordingAt,
    part: str,
    on: date,
    origin: EventOrigin,
) -> PrintQueueEntry | None:
    """Bring a record's row up to date. -> the row, or none where it is not ours to keep or newer already."""
    row = entries.get(item.recording)
    if row is None:
        if part not in QUEUED:
            return None
        row = PrintQueueEntry(
            recording=item.recording, district=district, area=item.area, part=part, since=on, heard_seq=origin.seq
        )
        entries[item.recording] = row
        session.add(row)
        return row
    if origin.seq <= row.heard_seq:
        return None
    if part != row.part:
        row.since = on
    row.part, row.area, row.heard_seq = part, item.area, origin.seq
    if part in ("on_kit", "in_transit", "failed"):
        row.run = None  # it begins again
    session.add(row)
    return row
