"""Recordings over HTTP: singly, by the thousand, and their steps."""

from functools import partial
from typing import Annotated

from fastapi.responses import StreamingResponse

from services.recording.access import Keys, Reader, Write, Writer
from services.recording.recordings import commands
from services.recording.recordings.centre_answers import apply_centre_answers
from services.recording.recordings.models import Recording
from services.recording.recordings.schemas import (
    CentreAnswer,
    RecordingCreate,
    RecordingPublic,
    ResidenceCreate,
    ReversalCreate,
    StepCreate,
)
from services.recording.recordings.uploads import prepare_upload, store_captures
from shared.base.fields import Id
from shared.http import (
    Fingerprint,
    NdjsonUpload,
    ReadSession,
    Router,
    ndjson_lines,
    strict,
)
from shared.security.rows import reach

router = Router()


@router.post("/v1/recordings", status_code=201, summary="A person's biometrics were taken")
async def capture_recording(
    body: Annotated[RecordingCreate, strict(RecordingCreate)], write: Write, keys: Keys
) -> RecordingPublic:
    made = await commands.capture_recording(
        write.session, body=body, keys=keys, fingerprint=write.fingerprint(body), by=write.by
    )
    return write.created(made, RecordingPublic, location=f"/v1/recordings/{body.id}")


@router.get("/v1/recordings/{id}", summary="A recording and the steps possible now")
async def get_recording(id: Id, session: ReadSession, caller: Reader) -> RecordingPublic:
    return RecordingPublic.from_row(await reach(session, Recording, id, caller))


@router.post("/v1/recordings/{id}/reversal", status_code=201, summary="It was never made; with a reason")
async def reverse_recording(
    id: Id, body: Annotated[ReversalCreate, strict(ReversalCreate)], write: Write
) -> RecordingPublic:
    made = await commands.reverse_recording(write.session, id=id, body=body, by=write.by)
    return write.created(made, RecordingPublic)


@router.post("/v1/recordings/{id}/states", status_code=201, summary="It entered a state, or got an official code")
async def step_recording(id: Id, body: Annotated[StepCreate, strict(StepCreate)], write: Write) -> RecordingPublic:
    made = await commands.step_recording(
        write.session, id=id, body=body, fingerprint=write.fingerprint(body), by=write.by
    )
    return write.created(made, RecordingPublic)


@router.post("/v1/recordings/{id}/residences", status_code=201, summary="Its person lives elsewhere now")
async def move_residence(
    id: Id, body: Annotated[ResidenceCreate, strict(ResidenceCreate)], write: Write
) -> RecordingPublic:
    made = await commands.move_residence(
        write.session, id=id, body=body, fingerprint=write.fingerprint(body), by=write.by
    )
    return write.created(made, RecordingPublic)


@router.post("/v1/recording-uploads", summary="Captures by the thousand, a result for each line")
async def upload(
    body: Annotated[NdjsonUpload[RecordingCreate], ndjson_lines(RecordingCreate)],
    caller: Writer,
    keys: Keys,
    fingerprint_of: Fingerprint,
) -> StreamingResponse:
    return body.answer(store_captures, partial(prepare_upload, fingerprint_of=fingerprint_of, keys=keys, by=caller))


@router.post("/v1/centre-answers", summary="Answers of the centre by NIK, a result for each line")
async def take_centre_answers(
    body: Annotated[NdjsonUpload[CentreAnswer], ndjson_lines(CentreAnswer)],
    caller: Writer,
    keys: Keys,
    fingerprint_of: Fingerprint,
) -> StreamingResponse:
    return body.answer(partial(apply_centre_answers, keys=keys, fingerprint_of=fingerprint_of, by=caller))
