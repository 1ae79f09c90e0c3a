"""The feed: a service's outbox over HTTP, from seq 1, for whoever has no Kafka or has missed something."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import Request, Response, Security
from sqlalchemy import select

from shared import areas, clock
from shared.auth import Caller, current_caller
from shared.bus.feed import Former, HeadsOut, PartitionHead, in_address
from shared.db import Database, Session
from shared.errors import Invalid, NotFound, OutOfRange, Unavailable
from shared.events import EVENTS, codec
from shared.http import Router
from shared.outbox import (
    PARTITIONS,
    Counter,
    Stamped,
    counters,
    current_history,
    history,
    numbered,
    outbox,
    read_after,
    same_until,
)
from shared.stamping import tick

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
LIMIT_AT_MOST = 1000
WAIT_AT_MOST = 25

router = Router()
Reader = Annotated[Caller, Security(current_caller, scopes=["events:read"])]


class BadPosition(Invalid):
    """`after` takes one seq with `partition`, else one for each of the twelve partitions."""

    code = "out_of_range"


class UnknownType(Invalid):
    """There is no event of this type here."""

    code = "unknown_value"


@router.get(
    "/v1/events",
    summary="Events behind a position, in order within a partition",
    response_class=Response,
)
async def list_events(
    request: Request,
    caller: Reader,
    after: str | None = None,
    partition: str | None = None,
    limit: str | None = None,
    wait: str | None = None,
    type: str | None = None,
    area: str | None = None,
) -> Response:
    """`after` holds twelve seqs, or one with `partition`. `wait` is a long poll of at most 25 s."""
    query = Query.read(request.query_params, caller)
    database: Database = request.app.state.database
    loop = asyncio.get_running_loop()
    until = loop.time() + query.wait_seconds
    while True:
        seen = database.commits
        async with database.read() as session:
            heads = await counters(await session.connection())
            rows = await query.rows(session, heads)
            current = await current_history(session)
        if rows or query.seen != query.after or loop.time() >= until or await request.is_disconnected():
            break
        await database.changed(seen, max(0.0, until - loop.time()))
    name = request.app.state.service.name
    body = b"[" + b",".join(codec.encode(row, name, current) for row in rows) + b"]"
    headers = {"Link": query.next_link(rows), "Rekap-Head": ",".join(str(state.n) for state in heads)}
    return Response(body, media_type=codec.BATCH_CONTENT_TYPE, headers=headers)


@router.get("/v1/events/heads", summary="The history, and the newest seq, id and time of each partition")
async def get_heads(request: Request, caller: Reader) -> Response:
    database: Database = request.app.state.database
    with contextlib.suppress(Unavailable):  # with a full disk the last tick has to do
        await tick(database, clock.now)
    async with database.read() as session:
        states, histories = await counters(await session.connection()), await histories_of(session)
        ids = {state.partition: await id_at(session, state) for state in states}
    current, began = histories[-1]
    heads = [
        PartitionHead(state.partition, state.n, ids[state.partition], state.known_at, began[state.partition])
        for state in states
    ]
    # not the clock: it may be put back, and what is stamped next is only known after what was known before
    at = min(state.known_at or LONG_AGO for state in states)
    former = [Former(id, until) for id, until in same_until(histories).items()]
    answer = HeadsOut(codec.source_of(request.app.state.service.name), current, at, heads, former)
    return Response(msgspec.json.encode(answer), media_type="application/json")


@router.get("/v1/events/schemas/{type}", summary="The JSON Schema of an event type's data")
async def get_event_schema(type: str, caller: Reader) -> dict[str, Any]:
    if type not in EVENTS:
        raise NotFound
    return msgspec.json.schema(EVENTS[type])


async def id_at(session: Session, state: Counter) -> str | None:
    query = (
        select(outbox.c.event_id)
        .join(numbered, numbered.c.outbox_id == outbox.c.id)
        .where(numbered.c.partition == state.partition, numbered.c.seq == state.n)
    )
    found = (await (await session.connection()).execute(query)).scalar()
    return str(found) if found else None


async def histories_of(session: Session) -> list[tuple[UUID, list[int]]]:
    """In order, each with the seqs after which it began."""
    query = select(history.c.id, history.c.began_after).order_by(history.c.number)
    rows = await (await session.connection()).execute(query)
    return [(row.id, msgspec.json.decode(row.began_after, type=list[int])) for row in rows]


class Query:
    """What a reader asks for; a token limited to some areas sees gaps in `sequence`."""

    def __init__(
        self, after: dict[int, int], limit: int, wait_seconds: int, types: tuple[str, ...], within: tuple[str, ...]
    ) -> None:
        self.after, self.limit, self.wait_seconds, self.types, self.within = after, limit, wait_seconds, types, within
        self.seen = dict(after)  # how far the reader is after this answer, also where a filter left everything out

    @classmethod
    def read(cls, given: Mapping[str, str], caller: Caller) -> "Query":
        limit = whole(given, "limit", 1, LIMIT_AT_MOST, default=100)
        wait = whole(given, "wait", 0, WAIT_AT_MOST, default=0)
        types = tuple(given["type"].split(",")) if "type" in given else ()
        if any(name not in EVENTS for name in types):
            raise UnknownType(parameter="type")
        within = caller.areas
        if "area" in given:
            if not areas.exists(given["area"]):
                raise UnknownType(parameter="area")
            caller.require_area(given["area"])
            within = (given["area"],)
        return cls(position_of(given), limit, wait, types, within)

    async def rows(self, session: Session, heads: Sequence[Counter]) -> list[Stamped]:
        """Up to `limit` events over the partitions asked for; order holds inside each."""
        found: list[Stamped] = []
        newest = {state.partition: state.n for state in heads}
        for partition, seq in self.after.items():
            wanted = self.limit - len(found)
            if wanted <= 0:
                break
            if newest[partition] <= seq:
                continue
            page = await read_after(session, partition, seq, limit=wanted)
            if page:
                self.seen[partition] = page[-1].seq
            found += [row for row in page if self.shows(row)]
        return found

    def shows(self, row: Stamped) -> bool:
        inside = "*" in self.within or any(areas.lies_in(row.district, area) for area in self.within)
        return inside and (not self.types or row.type in self.types)

    def next_link(self, rows: Sequence[Stamped]) -> str:
        """Relative to the address asked: behind a gateway the feed of a service is `/<service>/v1/events`."""
        if len(self.seen) == 1:
            [(partition, seq)] = self.seen.items()
            return f'<events?partition={partition}&after={in_address(seq)}&limit={self.limit}>; rel="next"'
        after = ",".join(in_address(self.seen[partition]) for partition in range(PARTITIONS))
        return f'<events?after={after}&limit={self.limit}>; rel="next"'


def position_of(given: Mapping[str, str]) -> dict[int, int]:
    """-> the seq after which to read, by partition."""
    seqs = [number(text) for text in given.get("after", "").split(",")] if given.get("after") else []
    if "partition" in given:
        partition = whole(given, "partition", 0, PARTITIONS - 1, default=0)
        if len(seqs) > 1:
            raise BadPosition(parameter="after")
        return {partition: seqs[0] if seqs else 0}
    if len(seqs) not in (0, PARTITIONS):
        raise BadPosition(parameter="after")
    return dict(enumerate(seqs or [0] * PARTITIONS))


def number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise BadPosition(parameter="after")
    return int(text)


class NotAWholeNumber(Invalid):
    """A whole number is due."""

    code = "wrong_type"


def whole(given: Mapping[str, str], name: str, least: int, most: int, *, default: int) -> int:
    text = given.get(name)
    if text is None:
        return default
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
        raise NotAWholeNumber(parameter=name)
    if not least <= int(text) <= most:
        raise OutOfRange(parameter=name)
    return int(text)
