"""Recordings: captured, reversed, moved from state to state, moved with their person."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from services.recording.recordings.capture import Capture, RecordingRow, capture_warnings, captured_item
from services.recording.recordings.events import record_events
from services.recording.recordings.models import AlreadyRecorded, Recording, RecordingStep, Residence
from services.recording.recordings.schemas import ResidenceCreate, ReversalCreate, StepCreate
from services.recording.recordings.states import State, is_known_official_code, state_of_official_code
from shared.base import clock
from shared.base.errors import ApiError, ApiWarning, ExistsWithDifferent, ReasonRequired
from shared.db import Database, Session
from shared.events.base import Event
from shared.events.recording.recordings import RecordingsCaptured
from shared.http import CommandResult
from shared.http.idempotency import find_replay
from shared.messaging import outbox
from shared.messaging.group_commit import GroupCommit
from shared.security.auth import Caller, reach


async def capture_recording(database: Database, group_commit: GroupCommit, *, capture: Capture) -> CommandResult:
    """Biometrics of a person were taken.

    Raises AreaForbidden, InFuture, BadArea, AreaNotValidThen, EarlyFlagRequired, TooYoung, AlreadyRecorded,
    ExistsWithDifferent.
    """
    capture.by.require_area(capture.body.district, "#/district")
    row, has_one_key = capture.row, len(capture.indexes) == 1  # else who is recorded under a former one must be asked
    if not isinstance(row, ApiError) and has_one_key and await insert_capture(database, group_commit, row):
        return CommandResult(row, warnings=capture_warnings(capture.body))
    async with database.write() as session:
        return await capture_in_transaction(session, capture)


async def insert_capture(database: Database, group_commit: GroupCommit, row: RecordingRow) -> bool:
    """Row and event in one statement. False where the id or the person is there already."""
    event = RecordingsCaptured(district=row["district"], items=(captured_item(row),))
    return await group_commit.add(database, row, outbox.event_row(database.publishes, event, subject=row["id"]))


async def capture_in_transaction(session: Session, capture: Capture) -> CommandResult:
    """A capture of which something may be there already: the same again, something else, or the person."""
    if existing := await find_replay(session, Recording, capture.id, capture.fingerprint, capture.by):
        return CommandResult(existing, replayed=True)
    row = Recording(**capture.row_or_raise())
    if await is_recorded(session, capture.indexes):
        raise AlreadyRecorded(pointer="#/nik")
    session.add(row)
    try:
        await session.flush()
    except IntegrityError:  # another kit sent the same person at the same moment
        raise AlreadyRecorded(pointer="#/nik") from None
    record_events(session, [row.to_captured_event()])
    return CommandResult(row, warnings=capture_warnings(capture.body))


async def is_recorded(session: Session, indexes: Sequence[bytes]) -> bool:
    query = select(Recording.id).where(col(Recording.nik_index).in_(indexes), col(Recording.is_live))
    return (await session.exec(query)).first() is not None


async def reverse_recording(session: Session, *, id: UUID, body: ReversalCreate, by: Caller) -> CommandResult:
    """It was never made. Raises NotFound, ReasonRequired, AlreadyReversed, IllegalTransition."""
    row = await reach(session, Recording, id, by, lock=True)
    if body.reason is None:
        raise ReasonRequired(pointer="#/reason")
    event = row.reverse(body.reason)
    if event is None:
        return CommandResult(row, replayed=True)
    session.add(row)
    record_events(session, [event])
    return CommandResult(row)


async def step_recording(
    session: Session, *, id: UUID, body: StepCreate, fingerprint: str, by: Caller
) -> CommandResult:
    """It entered a state. Raises NotFound, ExistsWithDifferent, IllegalTransition, BadRange, InFuture."""
    row = await reach(session, Recording, id, by, lock=True)
    existing = await find_replay(session, RecordingStep, body.id, fingerprint, by)
    if existing is not None and existing.recording_id != row.id:
        raise ExistsWithDifferent(pointer="#/id")
    if existing is not None:
        return CommandResult(row, replayed=True)
    events, warnings = apply_step(row, body.state, body.official_code, body.occurred_on)
    session.add_all([row, new_step(row, body.id, body.state, body.official_code, body.occurred_on, fingerprint, by)])
    record_events(session, events)
    return CommandResult(row, warnings=warnings)


def apply_step(
    row: Recording, state: str | None, official_code: str | None, on: date
) -> tuple[list[Event], tuple[ApiWarning, ...]]:
    """Move a record by a state of ours or an official code; a code that moves nothing is kept as received."""
    if state is not None:
        return row.enter_state(State(state), on), ()
    assert official_code is not None, "one of the two is there"
    ours = state_of_official_code(official_code)
    if ours is None:
        row.keep_official_code(official_code, on)
        return [], () if is_known_official_code(official_code) else (ApiWarning("unknown_code", "#/official_code"),)
    if ours == row.state:
        row.keep_official_code(official_code, on)
        return [], ()
    return row.enter_state(ours, on, official_code=official_code), ()


def new_step(
    row: Recording, id: UUID, state: str | None, official_code: str | None, on: date, fingerprint: str, by: Caller
) -> RecordingStep:
    return RecordingStep(
        id=id, recording_id=row.id, district=row.district, state=state, official_code=official_code, occurred_on=on,
        fingerprint=fingerprint, created_at=clock.now(), created_by=by.subject,
    )  # fmt: skip


async def move_residence(
    session: Session, *, id: UUID, body: ResidenceCreate, fingerprint: str, by: Caller
) -> CommandResult:
    """Its person lives elsewhere now.

    Raises NotFound, ExistsWithDifferent, SamePlace, AreaNotValidThen, IllegalTransition, BadRange.
    """
    row = await reach(session, Recording, id, by, lock=True)
    existing = await find_replay(session, Residence, body.id, fingerprint, by)
    if existing is not None and existing.recording_id != row.id:
        raise ExistsWithDifferent(pointer="#/id")
    if existing is not None:
        return CommandResult(row, replayed=True)
    events = row.move_residence(body.area, body.occurred_on)
    move = Residence(
        **body.model_dump(), recording_id=row.id, district=row.district, fingerprint=fingerprint,
        created_at=clock.now(), created_by=by.subject,
    )  # fmt: skip
    session.add_all([row, move])
    record_events(session, events)
    return CommandResult(row)
