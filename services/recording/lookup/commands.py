"""Finding a person's recording by NIK or receipt number; each look-up leaves an audit row."""

from typing import NamedTuple

from sqlmodel import col, select

from services.recording.identity.encryption import EncryptedNik, NikKeys
from services.recording.identity.receipt_numbers import read_receipt_number
from services.recording.lookup.models import LookUp
from services.recording.lookup.schemas import SearchCreate
from services.recording.recordings.models import Recording
from shared.base import clock
from shared.base.errors import Forbidden
from shared.base.ids import new_id
from shared.db import Session
from shared.security.caller import Caller

IDENTITY_SCOPE = "recording:identity"


class LookupResult(NamedTuple):
    recording: Recording
    nik: str | None  # in full only for a purpose


async def search_recordings(
    session: Session, *, body: SearchCreate, keys: NikKeys, by: Caller, request_id: str
) -> list[LookupResult]:
    """By NIK or receipt number, inside the caller's areas; elsewhere there is simply nothing.

    The full number is shown for a purpose, to who has the scope. Raises Forbidden.
    """
    shows = body.purpose is not None
    if shows and IDENTITY_SCOPE not in by.scopes:
        raise Forbidden
    query = select(Recording).where(by.area_filter(Recording.district)).order_by(col(Recording.created_at).desc())
    if body.nik is not None:
        query = query.where(col(Recording.nik_index).in_(keys.blind_indexes(body.nik)))
    else:
        query = query.where(Recording.receipt_number == read_receipt_number(body.receipt_number or ""))
    rows = (await session.exec(query.limit(20))).all()
    session.add(
        LookUp(
            id=new_id(), looked_at=clock.now(), subject=by.subject, client=by.client,
            by="nik" if body.nik is not None else "receipt_number", identity_shown=shows,
            purpose=body.purpose or "", found=" ".join(str(row.id) for row in rows), request_id=request_id,
        )
    )  # fmt: skip
    return [LookupResult(row, decrypt_nik(row, keys) if shows else None) for row in rows]


def decrypt_nik(row: Recording, keys: NikKeys) -> str:
    return keys.decrypt(EncryptedNik(row.nik_key, row.nik_index, row.nik_sealed), row.id).digits
