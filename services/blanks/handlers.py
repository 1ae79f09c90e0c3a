"""What blanks does when recording speaks: print-ready people enter the print queue and leave it again."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from sqlmodel import col, select

from services.blanks.models import Queued
from services.blanks.models.printing import PRIORITY
from shared.db import Session
from shared.events.recording import (
    RecordingAt,
    RecordingMove,
    RecordingsAreaChanged,
    RecordingsCameOfAge,
    RecordingsDeleted,
    RecordingsStateChanged,
)
from shared.inbox import Stamp

ENTERS = ("print_ready", "held", "failed")  # a failed record is kept too, so that it is known why it cannot be printed


async def on_recordings_state_changed(session: Session, event: RecordingsStateChanged, stamp: Stamp) -> None:
    known = await rows_of(session, event.items)
    for item in event.items:
        place(session, known, event.district, item, event.entered, event.occurred_on, stamp)


async def on_recordings_came_of_age(session: Session, event: RecordingsCameOfAge, stamp: Stamp) -> None:
    known = await rows_of(session, event.items)
    for item in event.items:
        row = place(session, known, event.district, item, event.entered, event.occurred_on, stamp)
        if row is not None:
            row.reason, row.priority = "turned_17", PRIORITY["turned_17"]


async def on_recordings_area_changed(session: Session, event: RecordingsAreaChanged, stamp: Stamp) -> None:
    known = await rows_of(session, event.items)
    for item in event.items:
        row = known.get(item.recording)
        if row is not None and stamp.seq > row.heard_seq:
            row.area, row.heard_seq = item.entered_area, stamp.seq
            session.add(row)


async def on_recordings_deleted(session: Session, event: RecordingsDeleted, stamp: Stamp) -> None:
    known = await rows_of(session, event.items)
    for item in event.items:
        place(session, known, event.district, item, "gone", event.occurred_on, stamp)


async def rows_of(session: Session, items: Iterable[RecordingAt | RecordingMove]) -> dict[UUID, Queued]:
    """The rows of all of an event's records in one question: an upload's event has hundreds."""
    query = select(Queued).where(col(Queued.recording).in_([item.recording for item in items]))
    return {row.recording: row for row in (await session.exec(query)).all()}


def place(
    session: Session, known: dict[UUID, Queued], district: str, item: RecordingAt, part: str, on: date, stamp: Stamp
) -> Queued | None:
    """Bring a record's row up to date. -> the row, or none where it is not ours to keep or newer already."""
    row = known.get(item.recording)
    if row is None:
        if part not in ENTERS:
            return None
        row = Queued(
            recording=item.recording, district=district, area=item.area, part=part, since=on, heard_seq=stamp.seq
        )
        known[item.recording] = row
        session.add(row)
        return row
    if stamp.seq <= row.heard_seq:
        return None
    if part != row.part:
        row.since = on
    row.part, row.area, row.heard_seq = part, item.area, stamp.seq
    if part in ("on_kit", "in_transit", "failed"):
        row.run = None  # it begins again
    session.add(row)
    return row
