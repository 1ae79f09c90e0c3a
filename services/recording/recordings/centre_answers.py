"""Answers of the centre by the thousand, each about the live recording of a NIK."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import UNSET
from sqlmodel import col, select

from services.recording.identity.encryption import NikKeys
from services.recording.recordings.commands import apply_step, new_step
from services.recording.recordings.events import record_events
from services.recording.recordings.line_results import require_same_request
from services.recording.recordings.models import Recording, RecordingStep
from services.recording.recordings.schemas import CentreAnswer
from shared.base.errors import ApiError, UnknownReference
from shared.base.results import LineResult, refused_line
from shared.db import Session
from shared.events.base import Event
from shared.security.caller import Caller
from shared.security.fingerprints import Fingerprinter


async def apply_centre_answers(
    session: Session,
    items: Sequence[tuple[int, CentreAnswer]],
    *,
    keys: NikKeys,
    fingerprint_of: Fingerprinter,
    by: Caller,
) -> list[LineResult]:
    """One group of answers from the centre, each about the live recording of a NIK in the caller's areas."""
    live = await lock_live_recordings(
        session, [index for _, item in items for index in keys.blind_indexes(item.nik)], by
    )
    steps = await steps_by_id(session, [item.id for _, item in items])  # once the rows are held: a twin may have them
    events: list[Event] = []
    results = []
    for line, item in items:
        try:
            fingerprint = fingerprint_of(item)
            if (step := steps.get(item.id)) is not None:
                require_same_request(step.fingerprint, fingerprint, by.covers(step.district))
                results.append(LineResult(line, item.id, "unchanged"))
                continue
            row = next((live[index] for index in keys.blind_indexes(item.nik) if index in live), None)
            if row is None:
                raise UnknownReference(pointer="#/nik")
            moved, warnings = apply_step(row, None, item.official_code, item.occurred_on)
        except ApiError as refusal:
            results.append(refused_line(line, item.id, refusal))
            continue
        step = new_step(row, item.id, None, item.official_code, item.occurred_on, fingerprint, by)
        steps[item.id] = step
        session.add_all([row, step])
        events += moved
        results.append(LineResult(line, item.id, "created", warnings=warnings or UNSET))
    await session.flush()
    record_events(session, events)
    return results


async def steps_by_id(session: Session, ids: Sequence[UUID]) -> dict[UUID, RecordingStep]:
    rows = (await session.exec(select(RecordingStep).where(col(RecordingStep.id).in_(ids)))).all()
    return {row.id: row for row in rows}


async def lock_live_recordings(session: Session, indexes: Sequence[bytes], by: Caller) -> dict[bytes, Recording]:
    """Held until the transaction ends, in one order."""
    query = select(Recording).where(
        col(Recording.nik_index).in_(indexes), col(Recording.is_live), by.area_filter(Recording.district)
    )
    rows = (await session.exec(query.order_by(col(Recording.id)).with_for_update())).all()
    return {row.nik_index: row for row in rows}
