"""Recordings: captured, reversed, moved from state to state, found."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from services.recording.commands.saying import say
from services.recording.models import Recording, RecordingStep, Residence
from services.recording.models.recordings import AlreadyRecorded, check_age, state_of_code
from services.recording.models.states import State, is_known_code
from services.recording.receipts import new_receipt_number
from services.recording.schemas.recordings import RecordingCreate, ResidenceCreate, ReversalCreate, StepCreate
from services.recording.sealing import NikKeys
from shared import areas, clock
from shared.auth import Caller, reach
from shared.db import Session
from shared.errors import AreaNotValidThen, BadArea, InFuture, OutOfRange, ReasonRequired, Warn
from shared.events import Event
from shared.http import Made
from shared.retries import settled

OLDEST_YEARS = 130


async def capture_recording(
    session: Session, *, body: RecordingCreate, fingerprint: str, keys: NikKeys, by: Caller
) -> Made:
    """Biometrics of a person were taken.

    Raises AreaForbidden, InFuture, BadArea, AreaNotValidThen, EarlyFlagRequired, TooYoung, AlreadyRecorded.
    """
    by.require_area(body.district, "#/district")
    if known := await settled(session, Recording, body.id, fingerprint, by):
        return Made(known, replayed=True)
    row = new_recording(body, fingerprint=fingerprint, keys=keys, by=by)
    if await recorded_already(session, keys.indexes_of(body.nik)):
        raise AlreadyRecorded(pointer="#/nik")
    session.add(row)
    try:
        await session.flush()
    except IntegrityError:  # another kit sent the same person at the same moment
        raise AlreadyRecorded(pointer="#/nik") from None
    say(session, [row.captured()])
    return Made(row, warnings=doubts(body, row.captured_on))


def new_recording(body: RecordingCreate, *, fingerprint: str, keys: NikKeys, by: Caller) -> Recording:
    """The row of a capture, checked by all that needs no other row. Raises as `capture_recording`."""
    captured_on = clock.local_day(body.district, body.captured_at)
    if captured_on > clock.today(body.district):
        raise InFuture(pointer="#/captured_at")
    check_places(body, captured_on)
    of_age_on = check_age(birth_of(body, captured_on), captured_on, early=body.early, ever_married=body.ever_married)
    sealed = keys.seal(body.nik, body.id)
    told = body.model_dump(exclude={"nik", "born_on", "female", "ever_married"})
    return Recording(
        **told, nik_index=sealed.index, nik_sealed=sealed.text, nik_key=sealed.key, nik_masked=body.nik.masked,
        receipt_number=new_receipt_number(), captured_on=captured_on, state=State.CAPTURED, moved_on=captured_on,
        of_age_on=of_age_on, fingerprint=fingerprint,
        created_at=clock.now(), created_by=by.subject,
    )  # fmt: skip


def check_places(body: RecordingCreate, captured_on: date) -> None:
    """Raises BadArea, AreaNotValidThen."""
    if not areas.lies_in(body.served_area, body.district):
        raise BadArea(pointer="#/served_area")
    for field in ("district", "residence_area"):
        if not areas.is_valid_on(getattr(body, field), captured_on):
            raise AreaNotValidThen(pointer=f"#/{field}")


def birth_of(body: RecordingCreate, captured_on: date) -> date | None:
    """As told, else as the NIK has it. Raises OutOfRange."""
    if body.born_on is None:
        return body.nik.born_by(captured_on)
    if body.born_on > captured_on or body.born_on.year < captured_on.year - OLDEST_YEARS:
        raise OutOfRange(pointer="#/born_on")
    return body.born_on


def doubts(body: RecordingCreate, captured_on: date) -> tuple[Warn, ...]:
    """Where the NIK says otherwise: it never changes, so neither birth nor district need follow from it."""
    found = []
    if body.born_on is not None and body.born_on not in body.nik.births:
        found.append(Warn("nik_mismatch", "#/born_on"))
    if body.female is not None and body.female != body.nik.is_female:
        found.append(Warn("nik_mismatch", "#/female"))
    if body.nik.district != areas.district_of(body.residence_area):
        found.append(Warn("nik_mismatch", "#/residence_area"))
    return tuple(found)


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
