"""Outbox: every event a service ever said, written with its rows, numbered by the publisher, kept for good."""

import zlib
from collections.abc import Container, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Identity,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.base import clock, tracing
from shared.base.ids import new_id
from shared.db import Database, Instant, Session, bulk, runtime_metadata
from shared.events.base import Event

PARTITIONS = 12
EVENT_BYTES_AT_MOST = 256 * 1024  # a stamped row that cannot be sent would halt its partition

BigId = BigInteger().with_variant(Integer, "sqlite")

outbox = Table(
    "outbox",
    runtime_metadata,
    Column("id", BigId, Identity(always=True, cache=1), primary_key=True),
    Column("partition", SmallInteger, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("type", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("home", Text, nullable=False),
    Column("district", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("traceparent", Text),
)
# numbers stand apart: a row of the outbox is written once and never again
outbox_pending = Table(
    "unnumbered",
    runtime_metadata,
    Column("outbox_id", BigId, primary_key=True, autoincrement=False),
    Column("partition", SmallInteger, nullable=False),
)
outbox_sequence = Table(
    "numbered",
    runtime_metadata,
    Column("partition", SmallInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("outbox_id", BigInteger, nullable=False),
    Column("known_at", Instant, nullable=False),
)
partition_state = Table(
    "counter",
    runtime_metadata,
    Column("partition", SmallInteger, primary_key=True, autoincrement=False),
    Column("n", BigInteger, nullable=False),  # the last seq given
    Column("mark", BigInteger, nullable=False),  # the last seq handed over to the bus
    Column("known_at", Instant),
)
epoch_table = Table(
    "history",
    runtime_metadata,
    Column("number", BigId, Identity(always=True), primary_key=True),
    Column("id", Uuid, nullable=False, unique=True),
    Column("began_at", Instant, nullable=False),
    Column("began_after", Text, nullable=False),  # JSON: the last seq of each partition before it
    Column("reason", Text, nullable=False),
)


class SequencedEvent(NamedTuple):
    """A numbered row of the outbox. event_id: as text, since nobody needs more of it."""

    partition: int
    seq: int
    known_at: datetime
    event_id: str
    type: str
    subject: str
    home: str
    district: str
    data: str
    traceparent: str | None


EVENT_COLUMNS = [
    outbox_sequence.c[name] if name in outbox_sequence.c else outbox.c[name] for name in SequencedEvent._fields
]
SEQUENCED_COLUMNS = (
    "found.partition, seq, found.known_at, event_id::text, type, subject, home, district, data, traceparent"
)
READ_AFTER = f"""
SELECT {SEQUENCED_COLUMNS}
FROM (SELECT * FROM numbered WHERE partition = $1 AND seq > $2 ORDER BY seq LIMIT $3) AS found
JOIN outbox ON outbox.id = outbox_id ORDER BY seq"""
READ_UNPUBLISHED = f"""
SELECT {SEQUENCED_COLUMNS}, mark, (SELECT id::text FROM history ORDER BY number DESC LIMIT 1) AS history
FROM counter CROSS JOIN LATERAL (
  SELECT * FROM numbered WHERE partition = counter.partition AND seq BETWEEN mark + 1 AND mark + $1::int ORDER BY seq
) AS found JOIN outbox ON outbox.id = outbox_id
WHERE mark < n ORDER BY found.partition, seq"""
ADVANCE_PUBLISHED = """
WITH off AS (SELECT set_config('synchronous_commit', 'off', true)),
     held AS (SELECT counter.partition, moved.after
              FROM counter JOIN unnest($1::int[], $2::bigint[], $3::bigint[]) AS moved (partition, before, after)
              ON counter.partition = moved.partition AND counter.mark = moved.before
              ORDER BY counter.partition FOR UPDATE OF counter)
UPDATE counter SET mark = held.after FROM held, off WHERE counter.partition = held.partition
"""


class UndeclaredEvent(Exception):
    """A service may say only what its door plate lists."""


class EventTooLarge(Exception):
    """An event must fit into one record."""


def partition_of(home: str) -> int:
    """The partition of a district, a province (`61`) or the nation; stable for ever."""
    return zlib.crc32(home.encode()) % PARTITIONS


def add_event(session: Session, event: Event, *, subject: UUID | str, home: str | None = None) -> None:
    """Say an event with the rows of this transaction; it is written as the last statement before the commit.

    home: the district of the office that first wrote the row the event speaks for; by default the one that speaks.
    Lock that row first: the order of a subject's events is the order of its lock.
    Raises NotOnTheDoorPlate, EventTooLarge, msgspec.ValidationError: each is a mistake in the room.
    """
    row = event_row(session.info["publishes"], event, subject=subject, home=home)
    if "outbox" not in session.info:
        session.info["outbox"] = []
        session.info["before_commit"].append(insert_pending)
    session.info["outbox"].append(row)


def event_row(
    publishes: Container[type], event: Event, *, subject: UUID | str, home: str | None = None
) -> dict[str, Any]:  # Any: values of columns
    """The row of an event, for whoever writes it in the statement that stores what it speaks of. Raises as `add`."""
    if type(event) not in publishes:
        raise UndeclaredEvent(event.type)
    data = msgspec.json.encode(event)
    msgspec.json.decode(data, type=type(event))  # constructors check nothing
    if len(data) > EVENT_BYTES_AT_MOST:
        raise EventTooLarge(event.type)
    return {
        "partition": partition_of(home or event.district),
        "event_id": new_id(),
        "type": event.type,
        "subject": str(subject),
        "home": home or event.district,
        "district": event.district,
        "data": data.decode(),
        "traceparent": tracing.current_traceparent(),
    }


async def insert_pending(session: Session) -> None:
    await session.flush()
    rows = session.info.pop("outbox", [])
    if rows:
        await insert_events(await session.connection(), rows)


async def insert_events(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:  # Any: as in `row_of`
    inserted = await connection.execute(outbox.insert().returning(outbox.c.id, outbox.c.partition), rows)
    waiting = [{"outbox_id": id, "partition": partition} for id, partition in inserted]
    await connection.execute(outbox_pending.insert(), waiting)


async def initialize_outbox(database: Database) -> None:
    """Counters and the first history, made once with the database."""
    async with database.write() as session:
        connection = await session.connection()
        if (await connection.execute(select(func.count()).select_from(partition_state))).scalar_one() == 0:
            rows = [{"partition": partition, "n": 0, "mark": 0} for partition in range(PARTITIONS)]
            await connection.execute(partition_state.insert(), rows)
        if (await connection.execute(select(func.count()).select_from(epoch_table))).scalar_one() == 0:
            await start_epoch(session, reason="made with the database")


async def start_epoch(session: Session, *, reason: str) -> UUID:
    """Begin a new history: the numbers go on, but whoever has heard more than they say must start again."""
    connection = await session.connection()
    seqs = {row.partition: row.n for row in await connection.execute(select(partition_state))}
    began_after = msgspec.json.encode([seqs.get(partition, 0) for partition in range(PARTITIONS)]).decode()
    id = new_id()
    await connection.execute(
        epoch_table.insert(), {"id": id, "began_at": clock.now(), "began_after": began_after, "reason": reason}
    )
    return id


def common_prefix(epochs: Sequence[tuple[UUID, Sequence[int]]]) -> dict[UUID, list[int]]:
    """Of histories in order, each with where it began: up to which seqs each former one says the same as the last.

    Whoever slept through several left them all at the lowest of their beginnings, which need not be the last one's.
    """
    found: dict[UUID, list[int]] = {}
    _, until = epochs[-1]
    for id, began_after in reversed(epochs[:-1]):
        found[id] = list(until)
        until = [min(each) for each in zip(until, began_after, strict=True)]
    return found


async def read_events_after(
    session: Session, partition: int, seq: int, *, limit: int, **only: Sequence[str]
) -> list[SequencedEvent]:
    """Numbered rows of a partition behind a seq, in order. only: `type=[...]`."""
    if not session.info["is_sqlite"] and not only:
        # past SQLAlchemy: the feed and every rebuild read whole outboxes through here
        async with bulk.raw_connection_of(session) as connection:
            return [SequencedEvent(*row) for row in await connection.fetch(READ_AFTER, partition, seq, limit)]
    query = select(*EVENT_COLUMNS).join(outbox, outbox.c.id == outbox_sequence.c.outbox_id)
    query = query.where(outbox_sequence.c.partition == partition, outbox_sequence.c.seq > seq)
    for name, wanted in only.items():
        query = query.where(outbox.c[name].in_(wanted))
    rows = await (await session.connection()).execute(query.order_by(outbox_sequence.c.seq).limit(limit))
    return [SequencedEvent(*row)._replace(event_id=str(row.event_id)) for row in rows]


class PartitionState(NamedTuple):
    partition: int
    n: int
    mark: int
    known_at: datetime | None


async def partition_states(connection: AsyncConnection) -> list[PartitionState]:
    rows = await connection.execute(select(partition_state).order_by(partition_state.c.partition))
    return [PartitionState(row.partition, row.n, row.mark, row.known_at) for row in rows]


class UnpublishedPage(NamedTuple):
    """What stands behind the mark of a partition, in order, and whose history it is. Never empty."""

    partition: int
    mark: int
    history: str
    rows: list[SequencedEvent]


async def read_unpublished(database: Database, limit: int) -> list[UnpublishedPage]:
    """The partitions whose mark is behind, each with so many rows at most; in one statement where that can be."""
    if database.is_sqlite:
        async with database.read() as session:
            history, states = await current_epoch(session), await partition_states(await session.connection())
            return [
                UnpublishedPage(state.partition, state.mark, str(history), page)
                for state in states
                if (page := await read_events_after(session, state.partition, state.mark, limit=limit))
            ]
    async with database.raw_connection() as connection:
        found = await connection.fetch(READ_UNPUBLISHED, limit)
    return [
        UnpublishedPage(partition, mark, history, [SequencedEvent(*row[:-2]) for row in rows])
        for (partition, mark, history), rows in groupby(found, key=itemgetter("partition", "mark", "history"))
    ]


async def advance_published(database: Database, moves: Sequence[tuple[int, int, int]]) -> int:
    """Compare and set: partition, mark before, mark after. -> how many still stood where they were.

    One that another publisher moved meanwhile stays, which is harmless; so is one lost with the power, as what is
    behind a mark is sent again: nobody waits for the disk.
    """
    if database.is_sqlite:
        async with database.write() as session:
            return await bulk.compare_and_set(session, partition_state, ("partition", "before", "mark"), moves, keys=1)
    async with database.raw_connection() as connection:
        done: str = await connection.execute(ADVANCE_PUBLISHED, *map(list, zip(*moves, strict=True)))
    return int(done.rpartition(" ")[2])


async def current_epoch(session: Session) -> UUID:
    query = select(epoch_table.c.id).order_by(epoch_table.c.number.desc()).limit(1)
    id: UUID = (await (await session.connection()).execute(query)).scalar_one()
    return id
