"""Recordings: captured, reversed, moved from state to state, found."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from services.recording.captures import Capture, Row, doubts, item_of
from services.recording.commands.saying import say
from services.recording.models import Recording, RecordingStep, Residence
from services.recording.models.recordings import AlreadyRecorded, state_of_code
from services.recording.models.states import State, is_known_code
from services.recording.schemas.recordings import ResidenceCreate, ReversalCreate, StepCreate
from shared import clock, outbox
from shared.auth import Caller, reach
from shared.db import Database, Session
from shared.errors import ReasonRequired, Refused, Warn
from shared.events import Event
from shared.events.recording import RecordingsCaptured
from shared.http import Made
from shared.retries import settled
from shared.together import Together


async def capture_recording(database: Database, together: Together, *, capture: Capture) -> Made:
    """Biometrics of a person were taken.

    Raises AreaForbidden, InFuture, BadArea, AreaNotValidThen, EarlyFlagRequired, TooYoung, AlreadyRecorded,
    ExistsWithDifferent.
    """
    capture.by.require_area(capture.body.district, "#/district")
    row, has_one_key = capture.row, len(capture.indexes) == 1  # else who is recorded under a former one must be asked
    if not isinstance(row, Refused) and has_one_key and await capture_at_once(database, together, row):
        return Made(row, warnings=doubts(capture.body))
    async with database.write() as session:
        return await settle_capture(session, capture)


async def capture_at_once(database: Database, together: Together, row: Row) -> bool:
    """Row and event in one statement. False where the id or the person is there already."""
    event = RecordingsCaptured(district=row["district"], items=(item_of(row),))
    return await together.add(database, row, outbox.row_of(database.publishes, event, subject=row["id"]))


async def settle_capture(session: Session, capture: Capture) -> Made:
    """A capture of which something may be there already: the same again, something else, or the person."""
    if known := await settled(session, Recording, capture.id, capture.fingerprint, capture.by):
        return Made(known, replayed=True)
    row = Recording(**capture.to_store())
    if await recorded_already(session, capture.indexes):
        raise AlreadyRecorded(pointer="#/nik")
    session.add(row)
    try:
        await session.flush()
    except IntegrityError:  # another kit sent the same person at the same moment
        raise AlreadyRecorded(pointer="#/nik") from None
    say(session, [row.captured()])
    return Made(row, warnings=doubts(capture.body))


async def recorded_already(session: Session, indexes: Sequence[bytes]) -> bool:
    query = select(Recording.id).where(col(Recording.nik_index).in_(indexes), col(Recording.is_live))
    return (await session.exec(query)).first() is not None


async def reverse_recording(session: Session, *, id: UUID, body: ReversalCreate, by: Caller) -> Made:
    """It was never made. Raises NotFound, ReasonRequired, AlreadyReversed, IllegalTransition."""
    row = await reach(session, Recording, id, by, lock=True)
    if body.reason is None:
        raise ReasonRequired(pointer="#/reason")
    event = row.reverse(body.reason)
    if event is None:
        return Made(row, replayed=True)
    session.add(row)
    say(session, [event])
    return Made(row)


async def step_recording(session: Session, *, id: UUID, body: StepCreate, fingerprint: str, by: Caller) -> Made:
    """It entered a state. Raises NotFound, IllegalTransition, BadRange, InFuture."""
    row = await reach(session, Recording, id, by, lock=True)
    if await settled(session, RecordingStep, body.id, fingerprint, by):
        return Made(row, replayed=True)
    events, warnings = enter(row, body.state, body.official_code, body.occurred_on)
    session.add_all([row, step_row(row, body.id, body.state, body.official_code, body.occurred_on, fingerprint, by)])
    say(session, events)
    return Made(row, warnings=warnings)


def enter(
    row: Recording, state: str | None, official_code: str | None, on: date
) -> tuple[list[Event], tuple[Warn, ...]]:
    """Move a record by a state of ours or an official code; a code that moves nothing is kept as received."""
    if state is not None:
        return row.step(State(state), on), ()
    assert official_code is not None, "one of the two is there"
    ours = state_of_code(official_code)
    if ours is None:
        row.note_code(official_code, on)
        return [], () if is_known_code(official_code) else (Warn("unknown_code", "#/official_code"),)
    if ours == row.state:
        row.note_code(official_code, on)
        return [], ()
    return row.step(ours, on, official_code=official_code), ()


def step_row(
    row: Recording, id: UUID, state: str | None, official_code: str | None, on: date, fingerprint: str, by: Caller
) -> RecordingStep:
    return RecordingStep(
        id=id, recording_id=row.id, district=row.district, state=state, official_code=official_code, occurred_on=on,
        fingerprint=fingerprint, created_at=clock.now(), created_by=by.subject,
    )  # fmt: skip


async def move_residence(session: Session, *, id: UUID, body: ResidenceCreate, fingerprint: str, by: Caller) -> Made:
    """Its person lives elsewhere now. Raises NotFound, SamePlace, AreaNotValidThen, IllegalTransition, BadRange."""
    row = await reach(session, Recording, id, by, lock=True)
    if await settled(session, Residence, body.id, fingerprint, by):
        return Made(row, replayed=True)
    events = row.move_residence(body.area, body.occurred_on)
    move = Residence(
        **body.model_dump(), recording_id=row.id, district=row.district, fingerprint=fingerprint,
        created_at=clock.now(), created_by=by.subject,
    )  # fmt: skip
    session.add_all([row, move])
    say(session, events)
    return Made(row)
