"""Uploads: what a device or the centre sends by the thousand; each line its result, sent again it is unchanged."""

from collections.abc import Callable, Sequence
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import col, select

from services.recording.commands.recordings import enter, new_recording, step_row
from services.recording.commands.saying import say
from services.recording.models import Recording, RecordingStep
from services.recording.models.recordings import AlreadyRecorded
from services.recording.schemas.recordings import CentreAnswer, RecordingCreate
from services.recording.sealing import NikKeys
from shared.auth import Caller
from shared.db import Session
from shared.errors import ExistsWithDifferent, Refused, UnknownReference
from shared.events import Event
from shared.http import LineResult

Prints = Callable[[BaseModel], str]


async def upload_recordings(
    session: Session, items: Sequence[tuple[int, RecordingCreate]], *, keys: NikKeys, prints: Prints, by: Caller
) -> list[LineResult]:
    """One group of captures: one event for each office in it."""
    known = await by_id(session, [item.id for _, item in items])
    taken = await live_indexes(session, [index for _, item in items for index in keys.indexes_of(item.nik)])
    events: list[Event] = []
    results = []
    for line, item in items:
        try:
            by.require_area(item.district, "#/district")
            fingerprint = prints(item)
            if (row := known.get(item.id)) is not None:
                require_same(row.fingerprint, fingerprint, by.covers(row.district))
                results.append(LineResult(line, item.id, "unchanged"))
                continue
            if taken.intersection(keys.indexes_of(item.nik)):
                raise AlreadyRecorded(pointer="#/nik")
            row = new_recording(item, fingerprint=fingerprint, keys=keys, by=by)
        except Refused as refusal:
            results.append(refused(line, item.id, refusal))
            continue
        session.add(row)
        known[row.id] = row
        taken.add(row.nik_index)
        events.append(row.captured())
        results.append(LineResult(line, item.id, "created"))
    await session.flush()
    say(session, events)
    return results


async def take_answers(
    session: Session, items: Sequence[tuple[int, CentreAnswer]], *, keys: NikKeys, prints: Prints, by: Caller
) -> list[LineResult]:
    """One group of answers from the centre, each about the live recording of a NIK in the caller's areas."""
    told = await steps_by_id(session, [item.id for _, item in items])
    live = await live_by_index(session, [index for _, item in items for index in keys.indexes_of(item.nik)], by)
    events: list[Event] = []
    results = []
    for line, item in items:
        try:
            fingerprint = prints(item)
            if (step := told.get(item.id)) is not None:
                require_same(step.fingerprint, fingerprint, by.covers(step.district))
                results.append(LineResult(line, item.id, "unchanged"))
                continue
            row = next((live[index] for index in keys.indexes_of(item.nik) if index in live), None)
            if row is None:
                raise UnknownReference(pointer="#/nik")
            moved, warnings = enter(row, None, item.official_code, item.occurred_on)
        except Refused as refusal:
            results.append(refused(line, item.id, refusal))
            continue
        step = step_row(row, item.id, None, item.official_code, item.occurred_on, fingerprint, by)
        told[item.id] = step
        session.add_all([row, step])
        events += moved
        results.append(LineResult(line, item.id, "created", warnings=warnings))
    await session.flush()
    say(session, events)
    return results


def require_same(known: str, fingerprint: str, in_reach: bool) -> None:
    """Raises ExistsWithDifferent."""
    if known != fingerprint or not in_reach:
        raise ExistsWithDifferent(pointer="#/id")


def refused(line: int, id: UUID, refusal: Refused) -> LineResult:
    return LineResult(line, id, "refused", refusal.code, refusal.findings[0].pointer)


async def by_id(session: Session, ids: Sequence[UUID]) -> dict[UUID, Recording]:
    rows = (await session.exec(select(Recording).where(col(Recording.id).in_(ids)))).all()
    return {row.id: row for row in rows}


async def steps_by_id(session: Session, ids: Sequence[UUID]) -> dict[UUID, RecordingStep]:
    rows = (await session.exec(select(RecordingStep).where(col(RecordingStep.id).in_(ids)))).all()
    return {row.id: row for row in rows}


async def live_indexes(session: Session, indexes: Sequence[bytes]) -> set[bytes]:
    query = select(Recording.nik_index).where(col(Recording.nik_index).in_(indexes), col(Recording.is_live))
    return set((await session.exec(query)).all())


async def live_by_index(session: Session, indexes: Sequence[bytes], by: Caller) -> dict[bytes, Recording]:
    """Held until the transaction ends, in one order."""
    query = select(Recording).where(
        col(Recording.nik_index).in_(indexes), col(Recording.is_live), by.within(Recording.district)
    )
    rows = (await session.exec(query.order_by(col(Recording.id)).with_for_update())).all()
    return {row.nik_index: row for row in rows}
