"""NDJSON: thousands of items, each with its own result; done lines of a broken upload answer `unchanged`."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec
from fastapi import Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from shared.base.deadline import in_parts
from shared.base.errors import ApiError, OutcomeUnknown, TooLarge, TooManyItems, Unavailable
from shared.base.fields import UUID_PATTERN
from shared.base.results import LineResult, refused_line
from shared.db import Database, Session, line_error
from shared.http import deadline
from shared.http.reader import BodySpec, body_dependency, parse_model, receive_body, require_media_type

MEDIA_TYPE = "application/x-ndjson"
BYTES_AT_MOST = 16 * 1024 * 1024
LINES_AT_MOST = 10_000
LINE_BYTES = 64 * 1024
LINES_PER_TRANSACTION = 500

ENCODER = msgspec.json.Encoder()

Item = TypeVar("Item", bound=BaseModel)


PreparedItem = TypeVar("PreparedItem")  # an item made ready to store, with its `id`
Prepare = Callable[
    [Database, list[tuple[int, Item]]], Awaitable[tuple[list[LineResult], list[tuple[int, PreparedItem]]]]
]
LineWork = Callable[[Session, list[tuple[int, PreparedItem]]], Awaitable[list[LineResult]]]


async def unprepared(database: Database, items: Any) -> Any:  # Any: these items need no making ready
    return [], items


class NdjsonUpload(Generic[Item]):
    """An upload, read and counted; nothing of it is done yet."""

    def __init__(self, database: Database, lines: Sequence[tuple[int, bytes]], model: type[Item]) -> None:
        self.database, self.lines, self.model = database, lines, model

    def answer(
        self, work: LineWork[PreparedItem], prepare: Prepare[Item, PreparedItem] = unprepared
    ) -> StreamingResponse:
        """Commit 500 lines at a time and answer as they are done.

        prepare: what can be done with a group before its transaction; -> results of what needs none, and items made
        ready. work: takes those in one transaction, and is asked again with a part of them if one item cannot be
        stored. What it refuses it returns as a result, or raises.
        """
        return StreamingResponse(stream_results(self, prepare, work), media_type=MEDIA_TYPE)


def ndjson_lines(model: type[Item]) -> Any:  # Any: FastAPI's marker
    """Marks a parameter as an NDJSON upload: `Annotated[Lines[RecordingLine], lines(RecordingLine)]`."""

    async def read_lines(request: Request) -> NdjsonUpload[Item]:
        return await read_upload(request, model)

    return body_dependency(read_lines, BodySpec(MEDIA_TYPE, model))


async def read_upload(request: Request, model: type[Item]) -> NdjsonUpload[Item]:
    """The body whole: it is bounded, and one that is too long is refused before any of it is stored.

    Raises WrongMediaType, TooLarge, TooManyItems.
    """
    require_media_type(request, MEDIA_TYPE)
    body = await receive_body(request, BYTES_AT_MOST)
    deadline.lift_deadline(request.scope)  # each group has the database's own limits
    found = [(number, line) for number, line in enumerate(body.split(b"\n"), 1) if line.strip()]
    if len(found) > LINES_AT_MOST:
        raise TooManyItems
    return NdjsonUpload(request.app.state.database, found, model)


async def stream_results(
    upload: NdjsonUpload[Item], prepare: Prepare[Item, PreparedItem], work: LineWork[PreparedItem]
) -> AsyncIterator[bytes]:
    """While the database stores a group, the next one is read."""
    counts = {"created": 0, "unchanged": 0, "refused": 0}
    storing: asyncio.Task[list[LineResult]] | None = None
    try:
        for start in range(0, len(upload.lines), LINES_PER_TRANSACTION):
            group = await read_group(upload, start, prepare)
            if storing is not None:
                yield line_answer(await storing, counts)
            storing = asyncio.create_task(group_results(upload.database, *group, work))
        if storing is not None:
            yield line_answer(await storing, counts)
    finally:
        if storing is not None and not storing.done():  # the caller is gone
            storing.cancel()
            await asyncio.wait([storing])
    yield json.dumps({"summary": {"lines": len(upload.lines), **counts}}).encode() + b"\n"


async def read_group(
    upload: NdjsonUpload[Item], start: int, prepare: Prepare[Item, PreparedItem]
) -> tuple[list[LineResult], list[tuple[int, PreparedItem]]]:
    """-> what became of lines already, and what is ready to store."""
    refused: list[LineResult] = []
    found: list[tuple[int, Item]] = []
    async for part in in_parts(upload.lines[start : start + LINES_PER_TRANSACTION]):
        for number, raw in part:
            try:
                found.append((number, read_line(raw, upload.model)))
            except ApiError as refusal:
                refused.append(refused_line(number, id_of_raw_line(raw), refusal))
    try:
        settled, ready = await prepare(upload.database, found)
    except (Unavailable, OutcomeUnknown) as error:
        settled, ready = refuse_lines(found, error), []
    return refused + settled, ready


async def group_results(
    database: Database, refused: list[LineResult], items: list[tuple[int, PreparedItem]], work: LineWork[PreparedItem]
) -> list[LineResult]:
    done = await process_group(database, items, work) if items else []
    return sorted(refused + done, key=lambda result: result.line)


def line_answer(results: Sequence[LineResult], counts: dict[str, int]) -> bytes:
    """The lines of the answer for a group; counts: what is counted so far."""
    for result in results:
        counts[result.result] += 1
    return ENCODER.encode_lines(results)


def read_line(raw: bytes, model: type[Item]) -> Item:
    if len(raw) > LINE_BYTES:
        raise TooLarge
    return parse_model(raw, model)


async def process_group(
    database: Database, items: list[tuple[int, PreparedItem]], work: LineWork[PreparedItem]
) -> list[LineResult]:
    """One transaction; where one item spoils it, two with half the items each, down to that item alone."""
    try:
        async with database.write() as session:
            return await work(session, items)
    except (Unavailable, OutcomeUnknown) as error:  # no item's fault: to try each would only wait as often
        return refuse_lines(items, error)
    except Exception as error:
        if len(items) == 1:
            return [refused_line(items[0][0], id_of(items[0][1]), line_error(error))]
    half = len(items) // 2
    return await process_group(database, items[:half], work) + await process_group(database, items[half:], work)


def refuse_lines(items: Sequence[tuple[int, object]], refusal: ApiError) -> list[LineResult]:
    return [refused_line(number, id_of(item), refusal) for number, item in items]


def id_of(item: object) -> UUID | None:
    found = getattr(item, "id", None)
    return found if isinstance(found, UUID) else None


def id_of_raw_line(raw: bytes) -> str | None:
    """The id of a line that could not be taken, if it has one; nothing else of it is repeated."""
    if len(raw) > LINE_BYTES:
        return None
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    id = found.get("id") if isinstance(found, dict) else None
    return id if isinstance(id, str) and UUID_PATTERN.fullmatch(id) else None
