"""Captures: one as the plain values of its row, checked by all that needs no other row.

No ORM object on the two hot routes: making one takes 20 times as long as all that is done here.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import BaseModel

from services.recording.models import Recording
from services.recording.models.recordings import check_age
from services.recording.models.states import State
from services.recording.receipts import new_receipt_numbers
from services.recording.schemas.recordings import RecordingCreate
from services.recording.sealing import NikKeys, Sealed
from shared import areas, clock
from shared.auth import Caller
from shared.errors import AreaNotValidThen, BadArea, InFuture, OutOfRange, Refused, Warn
from shared.events.recording import CapturedItem

OLDEST_YEARS = 130
TABLE = Recording.__table__  # type: ignore[attr-defined]  # SQLModel gives a table to every model that is one
Prints = Callable[[BaseModel], str]
Asked = tuple[RecordingCreate, str]  # with its fingerprint
Row = dict[str, Any]  # Any: values of columns; those left out are null
AT_FIRST = str(State.CAPTURED)


class Capture(NamedTuple):
    """A capture as it was asked for: the row it makes, or why it can make none. An id that is known makes none anew."""

    id: UUID
    body: RecordingCreate
    fingerprint: str
    by: Caller
    indexes: list[bytes]  # of the person, under every key, the present one first
    row: Row | Refused

    def to_store(self) -> Row:
        """Raises what the row was refused for."""
        if isinstance(self.row, Refused):
            raise self.row
        return self.row


def captures_of(asked: Sequence[Asked], *, keys: NikKeys, by: Caller) -> list[Capture]:
    """Step by step, not one by one: the code of a step stays in the processor's cache, and all takes half the time."""
    sealed = keys.seal(*[(body.nik, body.id) for body, _ in asked])
    former = [keys.former_indexes_of(body.nik) for body, _ in asked]
    receipts = new_receipt_numbers(len(asked))
    return [capture_of(*each, by) for each in zip(asked, sealed, former, receipts, strict=True)]


def capture_of(asked: Asked, sealed: Sealed, former: list[bytes], receipt: str, by: Caller) -> Capture:
    body, fingerprint = asked
    try:
        row: Row | Refused = row_of(body, fingerprint, sealed, receipt, by)
    except Refused as refusal:
        row = refusal
    return Capture(body.id, body, fingerprint, by, [sealed.index, *former], row)


def row_of(body: RecordingCreate, fingerprint: str, sealed: Sealed, receipt: str, by: Caller) -> Row:
    """Raises InFuture, BadArea, AreaNotValidThen, OutOfRange, EarlyFlagRequired, TooYoung, NotEarly."""
    now, captured_on = clock.now(), clock.local_day(body.district, body.captured_at)
    if body.captured_at > now and captured_on > clock.local_day(body.district, now):
        raise InFuture(pointer="#/captured_at")
    check_places(body, captured_on)
    of_age_on = check_age(birth_of(body, captured_on), captured_on, early=body.early, ever_married=body.ever_married)
    return {
        "id": body.id, "district": body.district, "nik_index": sealed.index, "nik_sealed": sealed.text,
        "nik_key": sealed.key, "nik_masked": body.nik.masked, "receipt_number": receipt,
        "captured_at": body.captured_at, "captured_on": captured_on, "mode": body.mode, "kit": body.kit,
        "device": body.device, "device_number": body.device_number, "served_area": body.served_area,
        "residence_area": body.residence_area, "early": body.early, "of_age_on": of_age_on, "moved_on": captured_on,
        "fingerprint": fingerprint, "created_at": now, "created_by": by.subject, "state": AT_FIRST, "touched": False,
        "is_live": True,
    }  # fmt: skip


def item_of(row: Row) -> CapturedItem:
    return CapturedItem(
        recording=row["id"], area=row["residence_area"], captured_on=row["captured_on"], early=row["early"]
    )


def check_places(body: RecordingCreate, captured_on: date) -> None:
    """Raises BadArea, AreaNotValidThen."""
    if not areas.lies_in(body.served_area, body.district):
        raise BadArea(pointer="#/served_area")
    if not areas.is_valid_on(body.district, captured_on):
        raise AreaNotValidThen(pointer="#/district")
    if not areas.is_valid_on(body.residence_area, captured_on):
        raise AreaNotValidThen(pointer="#/residence_area")


def birth_of(body: RecordingCreate, captured_on: date) -> date | None:
    """As told, else as the NIK has it. Raises OutOfRange."""
    if body.born_on is None:
        return body.nik.born_by(captured_on)
    if body.born_on > captured_on or body.born_on.year < captured_on.year - OLDEST_YEARS:
        raise OutOfRange(pointer="#/born_on")
    return body.born_on


def doubts(body: RecordingCreate) -> tuple[Warn, ...]:
    """Where the NIK says otherwise: it never changes, so neither birth nor district need follow from it."""
    found = []
    if body.born_on is not None and body.born_on not in body.nik.births:
        found.append(Warn("nik_mismatch", "#/born_on"))
    if body.female is not None and body.female != body.nik.is_female:
        found.append(Warn("nik_mismatch", "#/female"))
    if body.nik.district != areas.district_of(body.residence_area):
        found.append(Warn("nik_mismatch", "#/residence_area"))
    return tuple(found)
