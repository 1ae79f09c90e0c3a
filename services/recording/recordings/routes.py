"""Recordings over HTTP: singly, by the thousand, and their steps."""

from functools import partial
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.responses import StreamingResponse

from services.recording.access import Keys, Reader, Writer
from services.recording.recordings import commands
from services.recording.recordings.capture import RecordingRow, prepare_captures
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
from services.recording.recordings.states import PART_OF, STEPS, State
from services.recording.recordings.uploads import prepare_upload, store_captures
from shared.base.fields import Id
from shared.http import (
    Answer,
    CommandResult,
    DirectRoute,
    Fingerprint,
    NdjsonUpload,
    OpenDatabase,
    ReadSession,
    Router,
    WriteSession,
    json_response,
    ndjson_lines,
    strict,
)
from shared.messaging.group_commit import GroupCommit
from shared.security.auth import reach


async def capture_group_commit(request: Request) -> GroupCommit:
    group_commit: GroupCommit = request.app.state.captures
    return group_commit


CaptureGroupCommit = Annotated[GroupCommit, Depends(capture_group_commit)]


capture_router = Router(route_class=DirectRoute)


router = Router()


STEPS_AFTER_CAPTURE = STEPS[State.CAPTURED]


@capture_router.post(
    "/v1/recordings", status_code=201, response_model=RecordingPublic, summary="A person's biometrics were taken"
)
async def capture_recording(
    body: Annotated[RecordingCreate, strict(RecordingCreate)],
    database: OpenDatabase,
    group_commit: CaptureGroupCommit,
    caller: Writer,
    keys: Keys,
    fingerprint_of: Fingerprint,
) -> Response:
    [capture] = prepare_captures([(body, fingerprint_of(body))], keys=keys, by=caller)
    made = await commands.capture_recording(database, group_commit, capture=capture)
    public_recording = (
        recording_public(made.row)
        if made.replayed or isinstance(made.row, Recording)
        else captured_recording_public(made.row)
    )
    return json_response(made, public_recording, location=f"/v1/recordings/{body.id}")


@router.get("/v1/recordings/{id}", summary="A recording and the steps possible now")
async def get_recording(id: Id, session: ReadSession, caller: Reader) -> RecordingPublic:
    return recording_public(await reach(session, Recording, id, caller))


@router.post("/v1/recordings/{id}/reversal", status_code=201, summary="It was never made; with a reason")
async def reverse_recording(
    id: Id,
    body: Annotated[ReversalCreate, strict(ReversalCreate)],
    session: WriteSession,
    caller: Writer,
    answer: Answer,
) -> RecordingPublic:
    made = await commands.reverse_recording(session, id=id, body=body, by=caller)
    return answer.created(with_public_row(made), RecordingPublic)


@router.post("/v1/recordings/{id}/states", status_code=201, summary="It entered a state, or got an official code")
async def step_recording(
    id: Id,
    body: Annotated[StepCreate, strict(StepCreate)],
    session: WriteSession,
    caller: Writer,
    answer: Answer,
    fingerprint_of: Fingerprint,
) -> RecordingPublic:
    made = await commands.step_recording(session, id=id, body=body, fingerprint=fingerprint_of(body), by=caller)
    return answer.created(with_public_row(made), RecordingPublic)


@router.post("/v1/recordings/{id}/residences", status_code=201, summary="Its person lives elsewhere now")
async def move_residence(
    id: Id,
    body: Annotated[ResidenceCreate, strict(ResidenceCreate)],
    session: WriteSession,
    caller: Writer,
    answer: Answer,
    fingerprint_of: Fingerprint,
) -> RecordingPublic:
    made = await commands.move_residence(session, id=id, body=body, fingerprint=fingerprint_of(body), by=caller)
    return answer.created(with_public_row(made), RecordingPublic)


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


def recording_public(row: Recording) -> RecordingPublic:
    fields = row.model_dump(include=set(RecordingPublic.model_fields) - {"state", "allowed", "part", "warnings"})
    return RecordingPublic(**fields, state=row.public_state, part=row.part, allowed=[str(step) for step in row.allowed])


def captured_recording_public(row: RecordingRow) -> RecordingPublic:
    """Of a row that was just made: no ORM object and no check of our own words on the hot route."""
    fields: dict[str, Any] = {name: row.get(name) for name in RecordingPublic.model_fields}  # Any: values of columns
    part = "early" if row["of_age_on"] else PART_OF[State.CAPTURED]
    return RecordingPublic.model_construct(
        **fields | {"part": part, "allowed": [str(step) for step in STEPS_AFTER_CAPTURE]}
    )


def with_public_row(made: CommandResult) -> CommandResult:
    return made._replace(row=recording_public(made.row))
