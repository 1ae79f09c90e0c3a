"""Recordings over HTTP: singly, by the thousand, their steps, and where one stands."""

from functools import partial
from typing import Annotated, Any

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from services.recording.captures import Row, captures_of
from services.recording.commands import recordings as commands
from services.recording.commands.searches import search_recordings as find_recordings
from services.recording.commands.uploads import ready_captures, store_captures, take_answers
from services.recording.models import Recording
from services.recording.models.states import PART_OF, STEPS, State
from services.recording.routes import Captures, Keys, Reader, Writer
from services.recording.schemas.recordings import (
    CentreAnswer,
    RecordingCreate,
    RecordingPublic,
    ResidenceCreate,
    ReversalCreate,
    SearchCreate,
    StatusPublic,
    StepCreate,
)
from shared.auth import reach
from shared.http import (
    Answer,
    DirectRoute,
    Lines,
    Made,
    OpenDatabase,
    Prints,
    ReadSession,
    Router,
    WriteSession,
    lines,
    strict,
    whole,
)
from shared.types import Id

capture_router = Router(route_class=DirectRoute)
router = Router()
searches = Router()
FIRST_STEPS = STEPS[State.CAPTURED]


@capture_router.post(
    "/v1/recordings", status_code=201, response_model=RecordingPublic, summary="A person's biometrics were taken"
)
async def capture_recording(
    body: Annotated[RecordingCreate, strict(RecordingCreate)],
    database: OpenDatabase,
    together: Captures,
    caller: Writer,
    keys: Keys,
    prints: Prints,
) -> Response:
    [capture] = captures_of([(body, prints(body))], keys=keys, by=caller)
    made = await commands.capture_recording(database, together, capture=capture)
    shown = public(made.row) if made.replayed or isinstance(made.row, Recording) else public_at_first(made.row)
    return whole(made, shown, location=f"/v1/recordings/{body.id}")


@router.get("/v1/recordings/{id}", summary="A recording and the steps possible now")
async def get_recording(id: Id, session: ReadSession, caller: Reader) -> RecordingPublic:
    return public(await reach(session, Recording, id, caller))


@router.post("/v1/recordings/{id}/reversal", status_code=201, summary="It was never made; with a reason")
async def reverse_recording(
    id: Id,
    body: Annotated[ReversalCreate, strict(ReversalCreate)],
    session: WriteSession,
    caller: Writer,
    answer: Answer,
) -> RecordingPublic:
    made = await commands.reverse_recording(session, id=id, body=body, by=caller)
    return answer.made(shown(made), RecordingPublic)


@router.post("/v1/recordings/{id}/states", status_code=201, summary="It entered a state, or got an official code")
async def step_recording(
    id: Id,
    body: Annotated[StepCreate, strict(StepCreate)],
    session: WriteSession,
    caller: Writer,
    answer: Answer,
    prints: Prints,
) -> RecordingPublic:
    made = await commands.step_recording(session, id=id, body=body, fingerprint=prints(body), by=caller)
    return answer.made(shown(made), RecordingPublic)


@router.post("/v1/recordings/{id}/residences", status_code=201, summary="Its person lives elsewhere now")
async def move_residence(
    id: Id,
    body: Annotated[ResidenceCreate, strict(ResidenceCreate)],
    session: WriteSession,
    caller: Writer,
    answer: Answer,
    prints: Prints,
) -> RecordingPublic:
    made = await commands.move_residence(session, id=id, body=body, fingerprint=prints(body), by=caller)
    return answer.made(shown(made), RecordingPublic)


@router.post("/v1/recording-uploads", summary="Captures by the thousand, a result for each line")
async def upload(
    body: Annotated[Lines[RecordingCreate], lines(RecordingCreate)], caller: Writer, keys: Keys, prints: Prints
) -> StreamingResponse:
    return body.answer(store_captures, partial(ready_captures, prints=prints, keys=keys, by=caller))


@router.post("/v1/centre-answers", summary="Answers of the centre by NIK, a result for each line")
async def take_centre_answers(
    body: Annotated[Lines[CentreAnswer], lines(CentreAnswer)], caller: Writer, keys: Keys, prints: Prints
) -> StreamingResponse:
    return body.answer(partial(take_answers, keys=keys, prints=prints, by=caller))


@searches.post("/v1/recording-searches", summary="Where a person's recording stands, by NIK or receipt number")
async def search_recordings(
    request: Request,
    body: Annotated[SearchCreate, strict(SearchCreate)],
    session: WriteSession,
    caller: Reader,
    keys: Keys,
) -> dict[str, Any]:
    request_id = str(request.scope.get("rekap_request_id", ""))
    found = await find_recordings(session, body=body, keys=keys, by=caller, request_id=request_id)
    return {"items": [status(row, nik) for row, nik in found]}


def public(row: Recording) -> RecordingPublic:
    told = row.model_dump(include=set(RecordingPublic.model_fields) - {"state", "allowed", "part", "warnings"})
    return RecordingPublic(**told, state=row.shown_state, part=row.part, allowed=[str(step) for step in row.allowed])


def public_at_first(row: Row) -> RecordingPublic:
    """Of a row that was just made: no ORM object and no check of our own words on the hot route."""
    told: dict[str, Any] = {name: row.get(name) for name in RecordingPublic.model_fields}  # Any: values of columns
    part = "early" if row["of_age_on"] else PART_OF[State.CAPTURED]
    return RecordingPublic.model_construct(**told | {"part": part, "allowed": [str(step) for step in FIRST_STEPS]})


def shown(made: Made) -> Made:
    return made._replace(row=public(made.row))


def status(row: Recording, nik: str | None) -> StatusPublic:
    return StatusPublic(
        id=row.id, receipt_number=row.receipt_number, nik_masked=row.nik_masked, nik=nik, state=row.shown_state,
        moved_on=row.moved_on, waits_for=row.outlook.waits_for, holder_can=row.outlook.holder_can,
    )  # fmt: skip
