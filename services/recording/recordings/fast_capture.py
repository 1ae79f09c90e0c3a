"""Fast path of `POST /v1/recordings`: a row and its event go with their neighbours' in one statement.

`commands.capture_recording` is what it does; a capture of which something may be there already goes that way.
"""

from typing import Annotated, Any

from fastapi import Depends, Request, Response

from services.recording.access import Keys, Writer
from services.recording.recordings import commands
from services.recording.recordings.bulk_captures import captured_item, prepare_captures
from services.recording.recordings.commands import RecordingRow, capture_warnings
from services.recording.recordings.schemas import RecordingCreate, RecordingPublic
from services.recording.recordings.states import PART_OF, STEPS, State
from shared.base.errors import ApiError
from shared.base.results import CommandResult
from shared.db import Database
from shared.events.recording.recordings import RecordingsCaptured
from shared.http import DirectRoute, Fingerprint, OpenDatabase, Router, json_response, strict
from shared.messaging import outbox
from shared.messaging.group_commit import GroupCommit

router = Router(route_class=DirectRoute)
STEPS_AFTER_CAPTURE = [str(step) for step in STEPS[State.CAPTURED]]


async def capture_group_commit(request: Request) -> GroupCommit:
    group_commit: GroupCommit = request.app.state.captures
    return group_commit


@router.post("/v1/recordings", include_in_schema=False)
async def capture_recording(
    body: Annotated[RecordingCreate, strict(RecordingCreate)],
    database: OpenDatabase,
    group_commit: Annotated[GroupCommit, Depends(capture_group_commit)],
    caller: Writer,
    keys: Keys,
    fingerprint_of: Fingerprint,
) -> Response:
    caller.require_area(body.district, "#/district")
    location = f"/v1/recordings/{body.id}"
    [capture] = prepare_captures([(body, fingerprint_of(body))], keys=keys, by=caller)
    row, has_one_key = capture.row, len(capture.indexes) == 1  # else who is recorded under a former one must be asked
    if not isinstance(row, ApiError) and has_one_key and await insert_capture(database, group_commit, row):
        result = CommandResult(row, warnings=capture_warnings(body))
        return json_response(result, captured_recording_public(row), location=location)
    async with database.write() as session:
        made = await commands.capture_recording(
            session, body=body, keys=keys, fingerprint=capture.fingerprint, by=caller
        )
    return json_response(made, RecordingPublic.from_row(made.row), location=location)


async def insert_capture(database: Database, group_commit: GroupCommit, row: RecordingRow) -> bool:
    """Row and event in one statement. False where the id or the person is there already."""
    event = RecordingsCaptured(district=row["district"], items=(captured_item(row),))
    return await group_commit.add(database, row, outbox.event_row(database.publishes, event, subject=row["id"]))


def captured_recording_public(row: RecordingRow) -> RecordingPublic:
    """Of a row that was just made: no ORM object, and no check of our own words."""
    fields: dict[str, Any] = {name: row.get(name) for name in RecordingPublic.model_fields}  # Any: values of columns
    part = "early" if row["of_age_on"] else PART_OF[State.CAPTURED]
    return RecordingPublic.model_construct(**fields | {"part": part, "allowed": STEPS_AFTER_CAPTURE})
