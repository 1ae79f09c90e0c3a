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

from shared.base import areas, clock
from shared.base.errors import ApiError, Invalid, NotFound, OutOfRange, Unavailable
from shared.db import Database, Session
from shared.db.leader_lock import run_until_first_ends
from shared.events import EVENTS, codec
from shared.http import Router
from shared.messaging.outbox import (
    PARTITIONS,
    PartitionState,
    SequencedEvent,
    common_prefix,
    current_epoch,
    epoch_table,
    outbox,
    outbox_sequence,
    partition_states,
    read_events_after,
)
from shared.messaging.sequencing import advance_watermark
from shared.messaging.transports.http_feed import EndOffsetsAnswer, PartitionEnd, PreviousEpoch, seq_in_url
from shared.security.auth import current_caller
from shared.security.caller import Caller

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
LIMIT_AT_MOST = 1000
WAIT_AT_MOST = 25
LEAVING_SECONDS = 0.25  # all that a poll may last once the process stops: none at all would make a busy loop

MOMENT_SECONDS = 0.02
AGAIN_SECONDS = 5  # without news too: the reader may have left
SEQS = "SELECT array_agg(n ORDER BY partition) FROM counter"

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
    query = FeedQuery.read(request.query_params, caller)
    database: Database = request.app.state.database
    stopping: asyncio.Event = request.app.state.stopping
    watch: Watch = request.app.state.watch
    loop = asyncio.get_running_loop()
    began = loop.time()
    while True:
        seen = database.commits
        async with database.read() as session:
            heads = await partition_states(await session.connection())
            rows = await query.rows(session, heads)
            current = await current_epoch(session)
        in_all = min(query.wait_seconds, LEAVING_SECONDS) if stopping.is_set() else query.wait_seconds
        left = began + in_all - loop.time()
        if rows or query.seen != query.after or left <= 0 or await request.is_disconnected():
            break
        changed = watch.wait_for_commit(seen, heads, min(left, AGAIN_SECONDS))
        await (changed if stopping.is_set() else run_until_first_ends(changed, stopping.wait()))
    name = request.app.state.service.name
    body = b"[" + b",".join(codec.encode(row, name, current) for row in rows) + b"]"
    headers = {"Link": query.next_link(rows), "Rekap-Head": ",".join(str(state.n) for state in heads)}
    return Response(body, media_type=codec.BATCH_CONTENT_TYPE, headers=headers)


@router.get("/v1/events/heads", summary="The history, and the newest seq, id and time of each partition")
async def get_end_offsets(request: Request, caller: Reader) -> Response:
    database: Database = request.app.state.database
    with contextlib.suppress(Unavailable):  # with a full disk the last tick has to do
        await advance_watermark(database, clock.now)
    async with database.read() as session:
        states, epochs = await partition_states(await session.connection()), await epochs_of(session)
        ids = {state.partition: await event_id_at(session, state) for state in states}
    current, began = epochs[-1]
    heads = [
        PartitionEnd(state.partition, state.n, ids[state.partition], state.known_at, began[state.partition])
        for state in states
    ]
    # not the clock: it may be put back, and what is stamped next is only known after what was known before
    at = min(state.known_at or LONG_AGO for state in states)
    former = [PreviousEpoch(id, until) for id, until in common_prefix(epochs).items()]
    answer = EndOffsetsAnswer(codec.source_of(request.app.state.service.name), current, at, heads, former)
    return Response(msgspec.json.encode(answer), media_type="application/json")


@router.get("/v1/events/schemas/{type}", summary="The JSON Schema of an event type's data")
async def get_event_schema(type: str, caller: Reader) -> dict[str, Any]:
    if type not in EVENTS:
        raise NotFound
    return msgspec.json.schema(EVENTS[type])


async def event_id_at(session: Session, state: PartitionState) -> str | None:
    query = (
        select(outbox.c.event_id)
        .join(outbox_sequence, outbox_sequence.c.outbox_id == outbox.c.id)
        .where(outbox_sequence.c.partition == state.partition, outbox_sequence.c.seq == state.n)
    )
    found = (await (await session.connection()).execute(query)).scalar()
    return str(found) if found else None


async def epochs_of(session: Session) -> list[tuple[UUID, list[int]]]:
    """In order, each with the seqs after which it began."""
    query = select(epoch_table.c.id, epoch_table.c.began_after).order_by(epoch_table.c.number)
    rows = await (await session.connection()).execute(query)
    return [(row.id, msgspec.json.decode(row.began_after, type=list[int])) for row in rows]


class Watch:
    """Wakes long polls. On PostgreSQL others number too, so it looks each moment, once for all who wait."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.waiting: dict[asyncio.Future[None], list[int]] = {}  # with the newest seqs each has seen
        self.looking: asyncio.Task[None] | None = None

    async def wait_for_commit(self, commits: int, heads: Sequence[PartitionState], within_seconds: float) -> None:
        """Until something is there beyond these commits and these heads, or the time is over."""
        if self.database.is_sqlite:
            await self.database.wait_for_commit(commits, within_seconds)
            return
        woken = asyncio.get_running_loop().create_future()
        self.waiting[woken] = [state.n for state in heads]
        if self.looking is None or self.looking.done():
            self.looking = asyncio.create_task(self.look())
        try:
            async with asyncio.timeout(within_seconds):
                await woken
        except TimeoutError:
            return
        finally:
            del self.waiting[woken]

    async def look(self) -> None:
        while self.waiting:
            await asyncio.sleep(MOMENT_SECONDS)
            newest = await self.newest()
            for woken, seen in self.waiting.items():
                if newest != seen and not woken.done():
                    woken.set_result(None)

    async def newest(self) -> list[int] | None:
        """None where the database does not answer: then each asks for itself, and is told so."""
        try:
            async with self.database.raw_connection() as driver:
                return list(await driver.fetchval(SEQS))
        except ApiError:
            return None

    async def close(self) -> None:
        if self.looking is not None:
            self.looking.cancel()
            await asyncio.wait([self.looking])


class FeedQuery:
    """What a reader asks for; a token limited to some areas sees gaps in `sequence`."""

    def __init__(
        self,
        after: dict[int, int],
        limit: int,
        wait_seconds: int,
        caller: Caller,
        types: tuple[str, ...] = (),
        area: str | None = None,
    ) -> None:
        """types, area: filters; without them everything that the caller covers."""
        self.after, self.limit, self.wait_seconds = after, limit, wait_seconds
        self.caller, self.types, self.area = caller, types, area
        self.seen = dict(after)  # how far the reader is after this answer, also where a filter left everything out

    @classmethod
    def read(cls, given: Mapping[str, str], caller: Caller) -> "FeedQuery":
        limit = parse_whole_number(given, "limit", 1, LIMIT_AT_MOST, default=100)
        wait = parse_whole_number(given, "wait", 0, WAIT_AT_MOST, default=0)
        types = tuple(given["type"].split(",")) if "type" in given else ()
        if any(name not in EVENTS for name in types):
            raise UnknownType(parameter="type")
        area = given.get("area")
        if area is not None:
            if not areas.exists(area):
                raise UnknownType(parameter="area")
            caller.require_area(area)
        return cls(parse_position(given), limit, wait, caller, types, area)

    async def rows(self, session: Session, heads: Sequence[PartitionState]) -> list[SequencedEvent]:
        """Up to `limit` events over the partitions asked for; order holds inside each."""
        found: list[SequencedEvent] = []
        newest = {state.partition: state.n for state in heads}
        for partition, seq in self.after.items():
            wanted = self.limit - len(found)
            if wanted <= 0:
                break
            if newest[partition] <= seq:
                continue
            page = await read_events_after(session, partition, seq, limit=wanted)
            if page:
                self.seen[partition] = page[-1].seq
            found += [row for row in page if self.is_visible(row)]
        return found

    def is_visible(self, row: SequencedEvent) -> bool:
        """The filter takes `00` for the whole nation; the token does not."""
        is_wanted = self.area is None or areas.lies_in(row.district, self.area)
        return is_wanted and self.caller.covers(row.district) and (not self.types or row.type in self.types)

    def next_link(self, rows: Sequence[SequencedEvent]) -> str:
        """Relative to the address asked: behind a gateway the feed of a service is `/<service>/v1/events`."""
        if len(self.seen) == 1:
            [(partition, seq)] = self.seen.items()
            return f'<events?partition={partition}&after={seq_in_url(seq)}&limit={self.limit}>; rel="next"'
        after = ",".join(seq_in_url(self.seen[partition]) for partition in range(PARTITIONS))
        return f'<events?after={after}&limit={self.limit}>; rel="next"'


def parse_position(given: Mapping[str, str]) -> dict[int, int]:
    """-> the seq after which to read, by partition."""
    seqs = [parse_seq(text) for text in given.get("after", "").split(",")] if given.get("after") else []
    if "partition" in given:
        partition = parse_whole_number(given, "partition", 0, PARTITIONS - 1, default=0)
        if len(seqs) > 1:
            raise BadPosition(parameter="after")
        return {partition: seqs[0] if seqs else 0}
    if len(seqs) not in (0, PARTITIONS):
        raise BadPosition(parameter="after")
    return dict(enumerate(seqs or [0] * PARTITIONS))


def parse_seq(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise BadPosition(parameter="after")
    return int(text)


class NotAWholeNumber(Invalid):
    """A whole number is due."""

    code = "wrong_type"


def parse_whole_number(given: Mapping[str, str], name: str, least: int, most: int, *, default: int) -> int:
    text = given.get(name)
    if text is None:
        return default
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
        raise NotAWholeNumber(parameter=name)
    if not least <= int(text) <= most:
        raise OutOfRange(parameter=name)
    return int(text)
