"""Recordings: captured, reversed, moved from state to state, moved with their person."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from services.recording.identity.encryption import EncryptedNik, NikKeys
from services.recording.identity.receipt_numbers import new_receipt_numbers
from services.recording.recordings.eligibility import check_age
from services.recording.recordings.events import record_events
from services.recording.recordings.models import AlreadyRecorded, Recording, RecordingStep, Residence
from services.recording.recordings.schemas import RecordingCreate, ResidenceCreate, ReversalCreate, StepCreate
from services.recording.recordings.states import State, is_known_official_code, moves_by_code, state_of_official_code
from shared.base import areas, clock
from shared.base.errors import (
    ApiWarning,
    AreaNotValidThen,
    BadArea,
    ExistsWithDifferent,
    InFuture,
    OutOfRange,
    ReasonRequired,
)
from shared.base.results import CommandResult
from shared.db import Session
from shared.events.base import Event
from shared.messaging import outbox
from shared.security.caller import Caller
from shared.security.rows import find_replay, reach

OLDEST_AGE_YEARS = 130
FIRST_STATE = str(State.CAPTURED)

RecordingRow = dict[str, Any]  # Any: values of columns; those left out are null


async def capture_recording(
    session: Session, *, body: RecordingCreate, keys: NikKeys, fingerprint: str, by: Caller
) -> CommandResult[Recording]:
    """Biometrics of a person were taken.

    Raises AreaForbidden, ExistsWithDifferent, AlreadyRecorded, and what `recording_values` raises.
    """
    by.require_area(body.district, "#/district")
    if existing := await find_replay(session, Recording, body.id, fingerprint, by):
        return CommandResult(existing, replayed=True)
    [encrypted], [receipt] = keys.encrypt((body.nik, body.id)), new_receipt_numbers(1)
    row = Recording(**recording_values(body, fingerprint, encrypted, receipt, by))
    if await is_recorded(session, keys.blind_indexes(body.nik)):
        raise AlreadyRecorded(pointer="#/nik")
    session.add(row)
    try:
        await session.flush()
    except IntegrityError:  # another kit sent the same person at the same moment
        raise AlreadyRecorded(pointer="#/nik") from None
    outbox.add_event(session, row.to_captured_event(), subject=row.id)
    return CommandResult(row, warnings=capture_warnings(body))


def recording_values(
    body: RecordingCreate, fingerprint: str, encrypted: EncryptedNik, receipt: str, by: Caller
) -> RecordingRow:
    """The columns of a new recording, checked by all that needs no other row.

    Raises InFuture, BadArea, AreaNotValidThen, OutOfRange, EarlyFlagRequired, TooYoung, NotEarly.
    """
    now, captured_on = clock.now(), clock.local_day(body.district, body.captured_at)
    if body.captured_at > now and captured_on > clock.local_day(body.district, now):
        raise InFuture(pointer="#/captured_at")
    check_areas(body, captured_on)
    of_age_on = check_age(birth_date(body, captured_on), captured_on, early=body.early, ever_married=body.ever_married)
    return {
        "id": body.id, "district": body.district, "nik_index": encrypted.index, "nik_sealed": encrypted.text,
        "nik_key": encrypted.key, "nik_masked": body.nik.masked, "receipt_number": receipt,
        "captured_at": body.captured_at, "captured_on": captured_on, "mode": body.mode, "kit": body.kit,
        "device": body.device, "device_number": body.device_number, "served_area": body.served_area,
        "residence_area": body.residence_area, "early": body.early, "of_age_on": of_age_on, "moved_on": captured_on,
        "fingerprint": fingerprint, "created_at": now, "created_by": by.subject, "state": FIRST_STATE, "touched": False,
        "is_live": True,
    }  # fmt: skip


def check_areas(body: RecordingCreate, captured_on: date) -> None:
    """Raises BadArea, AreaNotValidThen."""
    if not areas.lies_in(body.served_area, body.district):
        raise BadArea(pointer="#/served_area")
    if not areas.is_valid_on(body.district, captured_on):
        raise AreaNotValidThen(pointer="#/district")
    if not areas.is_valid_on(body.residence_area, captured_on):
        raise AreaNotValidThen(pointer="#/residence_area")


def birth_date(body: RecordingCreate, captured_on: date) -> date | None:
    """As told, else as the NIK has it. Raises OutOfRange."""
    if body.born_on is None:
        return body.nik.born_by(captured_on)
    if body.born_on > captured_on or body.born_on.year < captured_on.year - OLDEST_AGE_YEARS:
        raise OutOfRange(pointer="#/born_on")
    return body.born_on


def capture_warnings(body: RecordingCreate) -> tuple[ApiWarning, ...]:
    """Where the NIK says otherwise: it never changes, so neither birth nor district need follow from it."""
    warnings = []
    if body.born_on is not None and body.born_on not in body.nik.births:
        warnings.append(ApiWarning("nik_mismatch", "#/born_on"))
    if body.female is not None and body.female != body.nik.is_female:
        warnings.append(ApiWarning("nik_mismatch", "#/female"))
    if body.nik.district != areas.district_of(body.residence_area):
        warnings.append(ApiWarning("nik_mismatch", "#/residence_area"))
    return tuple(warnings)


async def is_recorded(session: Session, indexes: Sequence[bytes]) -> bool:
    query = select(Recording.id).where(col(Recording.nik_index).in_(indexes), col(Recording.is_live))
    return (await session.exec(query)).first() is not None


async def reverse_recording(
    session: Session, *, id: UUID, body: ReversalCreate, by: Caller
) -> CommandResult[Recording]:
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
) -> CommandResult[Recording]:
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
    """Move a record by a state of ours, or by an official code as the centre tells it."""
    if state is not None:
        return row.enter_state(State(state), on), ()
    assert official_code is not None, "one of the two is there"
    before = State(row.state)
    events = row.take_official_code(official_code, on)
    return events, official_code_warnings(before, official_code)


def official_code_warnings(before: State, official_code: str) -> tuple[ApiWarning, ...]:
    """Of a code that nobody knows, and of a list that is behind the record."""
    told = state_of_official_code(official_code)
    if told is None:
        return () if is_known_official_code(official_code) else (ApiWarning("unknown_code", "#/official_code"),)
    outdated = told != before and not moves_by_code(before, told)
    return (ApiWarning("outdated_code", "#/official_code"),) if outdated else ()


def new_step(
    row: Recording, id: UUID, state: str | None, official_code: str | None, on: date, fingerprint: str, by: Caller
) -> RecordingStep:
    return RecordingStep(
        id=id, recording_id=row.id, district=row.district, state=state, official_code=official_code, occurred_on=on,
        fingerprint=fingerprint, created_at=clock.now(), created_by=by.subject,
    )  # fmt: skip


async def move_residence(
    session: Session, *, id: UUID, body: ResidenceCreate, fingerprint: str, by: Caller
) -> CommandResult[Recording]:
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
