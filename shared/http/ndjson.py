"""NDJSON: thousands of items, each with its own result; done lines of a broken upload answer `unchanged`."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from fastapi import Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError

from shared.db import Database, Session
from shared.errors import Refused, TooLarge, TooManyItems
from shared.http.reader import read, require_type
from shared.types import UUID_TEXT

BYTES_AT_MOST = 16 * 1024 * 1024
LINES_AT_MOST = 10_000
LINE_BYTES = 64 * 1024
GROUP = 500

Item = TypeVar("Item", bound=BaseModel)


@dataclass(frozen=True)
class LineResult:
    """What became of one line: `created`, `unchanged` or `refused` with a code."""

    line: int
    id: UUID | str | None
    result: str
    code: str | None = None
    pointer: str | None = None
    warnings: tuple[str, ...] = ()


Work = Callable[[Session, list[tuple[int, Item]]], Awaitable[list[LineResult]]]


async def answer_lines(request: Request, model: type[Item], work: Work[Item]) -> StreamingResponse:
    """Read the body whole (it is bounded), then commit 500 lines at a time and answer as they are done.

    work: takes a group in one transaction; what it refuses it returns. A line that the database itself refuses is
    tried again alone, so it never fails its neighbours. Raises TooLarge, TooManyItems, WrongMediaType.
    """
    require_type(request, "application/x-ndjson")
    lines = await lines_of(request)
    database: Database = request.app.state.database
    return StreamingResponse(results(database, lines, model, work), media_type="application/x-ndjson")


async def lines_of(request: Request) -> list[tuple[int, bytes]]:
    """Non-empty lines with their numbers, from 1."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > BYTES_AT_MOST:
        raise TooLarge
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > BYTES_AT_MOST:
            raise TooLarge
        parts.append(part)
    lines = [(number, line) for number, line in enumerate(b"".join(parts).split(b"\n"), 1) if line.strip()]
    if len(lines) > LINES_AT_MOST:
        raise TooManyItems
    return lines


async def results(
    database: Database, lines: Sequence[tuple[int, bytes]], model: type[Item], work: Work[Item]
) -> AsyncIterator[bytes]:
    counts = {"created": 0, "unchanged": 0, "refused": 0}
    for start in range(0, len(lines), GROUP):
        for result in await group_results(database, lines[start : start + GROUP], model, work):
            counts[result.result] += 1
            yield as_line(result)
    yield json.dumps({"summary": {"lines": len(lines), **counts}}).encode() + b"\n"


async def group_results(
    database: Database, lines: Sequence[tuple[int, bytes]], model: type[Item], work: Work[Item]
) -> list[LineResult]:
    """One group: what cannot be read is refused before the transaction."""
    refused: list[LineResult] = []
    items: list[tuple[int, Item]] = []
    for number, raw in lines:
        try:
            if len(raw) > LINE_BYTES:
                raise TooLarge
            items.append((number, read(raw, model)))
        except Refused as refusal:
            refused.append(refused_line(number, id_in(raw), refusal))
    done = await done_together(database, items, work) if items else []
    return sorted(refused + done, key=lambda result: result.line)


async def done_together(database: Database, items: list[tuple[int, Item]], work: Work[Item]) -> list[LineResult]:
    try:
        async with database.write() as session:
            return await work(session, items)
    except (IntegrityError, Refused) as error:
        if len(items) == 1:
            return [refused_line(items[0][0], getattr(items[0][1], "id", None), refusal_of(error))]
    found = []
    for item in items:
        found += await done_together(database, [item], work)
    return found


class AlreadyThere(Refused):
    """Another item of the same identity came first."""

    status = 409


def refusal_of(error: IntegrityError | Refused) -> Refused:
    return error if isinstance(error, Refused) else AlreadyThere()


def refused_line(number: int, id: UUID | str | None, refusal: Refused) -> LineResult:
    return LineResult(number, id, "refused", refusal.code, refusal.findings[0].pointer)


def id_in(raw: bytes) -> str | None:
    """The id of a line that could not be taken, if it has one; nothing else of it is repeated."""
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    id = found.get("id") if isinstance(found, dict) else None
    return id if isinstance(id, str) and UUID_TEXT.match(id) else None


def as_line(result: LineResult) -> bytes:
    id = str(result.id) if result.id else None
    line: dict[str, object] = {
        "line": result.line,
        "id": id,
        "result": result.result,
    }
    line |= {name: value for name, value in (("code", result.code), ("pointer", result.pointer)) if value}
    line |= {"warnings": list(result.warnings)} if result.warnings else {}
    return json.dumps(line).encode() + b"\n"
