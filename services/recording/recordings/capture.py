"""A capture as the plain values of its row, checked by all that needs no other row.

No ORM object on the two hot routes: making one takes 20 times as long as all that is done here.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import BaseModel

from services.recording.identity.encryption import EncryptedNik, NikKeys
from services.recording.identity.receipt_numbers import new_receipt_numbers
from services.recording.recordings.eligibility import check_age
from services.recording.recordings.models import Recording
from services.recording.recordings.schemas import RecordingCreate
from services.recording.recordings.states import State
from shared.base import areas, clock
from shared.base.errors import ApiError, ApiWarning, AreaNotValidThen, BadArea, InFuture, OutOfRange
from shared.events.recording.recordings import CapturedItem
from shared.security.auth import Caller

OLDEST_AGE_YEARS = 130
RECORDING_TABLE = Recording.__table__  # type: ignore[attr-defined]  # SQLModel gives a table to every model that is one
FingerprintFunction = Callable[[BaseModel], str]
CaptureRequest = tuple[RecordingCreate, str]  # with its fingerprint
RecordingRow = dict[str, Any]  # Any: values of columns; those left out are null
FIRST_STATE = str(State.CAPTURED)


class Capture(NamedTuple):
    """A capture as it was asked for: the row it makes, or why it can make none. An id that is known makes none anew."""

    id: UUID
    body: RecordingCreate
    fingerprint: str
    by: Caller
    indexes: list[bytes]  # of the person, under every key, the present one first
    row: RecordingRow | ApiError

    def row_or_raise(self) -> RecordingRow:
        """Raises what the row was refused for."""
        if isinstance(self.row, ApiError):
            raise self.row
        return self.row


def prepare_captures(requested: Sequence[CaptureRequest], *, keys: NikKeys, by: Caller) -> list[Capture]:
    """Step by step, not one by one: the code of a step stays in the processor's cache, and all takes half the time."""
    encrypted = keys.encrypt(*[(body.nik, body.id) for body, _ in requested])
    former = [keys.previous_blind_indexes(body.nik) for body, _ in requested]
    receipts = new_receipt_numbers(len(requested))
    return [prepare_capture(*each, by) for each in zip(requested, encrypted, former, receipts, strict=True)]


def prepare_capture(
    requested: CaptureRequest, encrypted: EncryptedNik, former: list[bytes], receipt: str, by: Caller
) -> Capture:
    body, fingerprint = requested
    try:
        row: RecordingRow | ApiError = capture_row(body, fingerprint, encrypted, receipt, by)
    except ApiError as refusal:
        row = refusal
    return Capture(body.id, body, fingerprint, by, [encrypted.index, *former], row)


def capture_row(
    body: RecordingCreate, fingerprint: str, encrypted: EncryptedNik, receipt: str, by: Caller
) -> RecordingRow:
    """Raises InFuture, BadArea, AreaNotValidThen, OutOfRange, EarlyFlagRequired, TooYoung, NotEarly."""
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


def captured_item(row: RecordingRow) -> CapturedItem:
    return CapturedItem(
        recording=row["id"], area=row["residence_area"], captured_on=row["captured_on"], early=row["early"]
    )


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
