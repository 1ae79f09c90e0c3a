"""What blanks does when recording speaks: print-ready people enter the print queue and leave it again."""

from datetime import date
from uuid import UUID

from services.blanks.models import Queued
from services.blanks.models.printing import PRIORITY
from shared.db import Session
from shared.events.recording import (
    RecordingsAreaChanged,
    RecordingsCameOfAge,
    RecordingsDeleted,
    RecordingsStateChanged,
)
from shared.inbox import Stamp

ENTERS = ("print_ready", "held", "failed")  # a failed record is kept too, so that it is known why it cannot be printed


async def on_recordings_state_changed(session: Session, event: RecordingsStateChanged, stamp: Stamp) -> None:
    for item in event.items:
        await place(session, event.district, item.recording, item.area, event.entered, event.occurred_on, stamp)


async def on_recordings_came_of_age(session: Session, event: RecordingsCameOfAge, stamp: Stamp) -> None:
    for item in event.items:
        row = await place(session, event.district, item.recording, item.area, event.entered, event.occurred_on, stamp)
        if row is not None:
            row.reason, row.priority = "turned_17", PRIORITY["turned_17"]


async def on_recordings_area_changed(session: Session, event: RecordingsAreaChanged, stamp: Stamp) -> None:
    for item in event.items:
        row = await newer(session, item.recording, stamp)
        if row is not None:
            row.area = item.entered_area


async def on_recordings_deleted(session: Session, event: RecordingsDeleted, stamp: Stamp) -> None:
    for item in event.items:
        await place(session, event.district, item.recording, item.area, "gone", event.occurred_on, stamp)


async def place(
    session: Session, district: str, recording: UUID, area: str, part: str, on: date, stamp: Stamp
) -> Queued | None:
    """Bring a record's row up to date. -> the row, or none where it is not ours to keep or newer already."""
    row = await session.get(Queued, recording)
    if row is None:
        if part not in ENTERS:
            return None
        row = Queued(recording=recording, district=district, area=area, part=part, since=on, heard_seq=stamp.seq)
        session.add(row)
        return row
    if stamp.seq <= row.heard_seq:
        return None
    if part != row.part:
        row.since = on
    row.part, row.area, row.heard_seq = part, area, stamp.seq
    if part in ("on_kit", "in_transit", "failed"):
        row.run = None  # it begins again
    session.add(row)
    return row


async def newer(session: Session, recording: UUID, stamp: Stamp) -> Queued | None:
    row = await session.get(Queued, recording)
    if row is None or stamp.seq <= row.heard_seq:
        return None
    row.heard_seq = stamp.seq
    session.add(row)
    return row
