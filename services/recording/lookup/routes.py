"""Look-ups over HTTP."""

from typing import Annotated, Any

from fastapi import Request

from services.recording.access import Keys, Reader
from services.recording.lookup.commands import search_recordings as find_recordings
from services.recording.lookup.schemas import SearchCreate, StatusPublic
from services.recording.recordings.models import Recording
from shared.http import Router, WriteSession, strict

router = Router()


@router.post("/v1/recording-searches", summary="Where a person's recording stands, by NIK or receipt number")
async def search_recordings(
    request: Request,
    body: Annotated[SearchCreate, strict(SearchCreate)],
    session: WriteSession,
    caller: Reader,
    keys: Keys,
) -> dict[str, Any]:
    request_id = str(request.scope.get("rekap_request_id", ""))
    results = await find_recordings(session, body=body, keys=keys, by=caller, request_id=request_id)
    return {"items": [status_public(row, nik) for row, nik in results]}


def status_public(row: Recording, nik: str | None) -> StatusPublic:
    return StatusPublic(
        id=row.id, receipt_number=row.receipt_number, nik_masked=row.nik_masked, nik=nik, state=row.public_state,
        moved_on=row.moved_on, waits_for=row.outlook.waits_for, holder_can=row.outlook.holder_can,
    )  # fmt: skip
