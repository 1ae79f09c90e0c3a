"""Outbox: every event a service ever said, written with its rows, numbered by the publisher, kept for good."""

import zlib
from collections.abc import Callable, Container, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    bindparam,
    func,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import bulk, clock, tracing
from shared.db import Database, Instant, Session, runtime_metadata
from shared.events import Event
from shared.ids import new_id

PARTITIONS = 12
BYTES_AT_MOST = 256 * 1024  # a stamped row that cannot be sent would halt its partition
STAMP_AT_ONCE = 5000

BigId = BigInteger().with_variant(Integer, "sqlite")

outbox = Table(
    "outbox",
    runtime_metadata,
    Column("id", BigId, Identity(always=True, cache=1), primary_key=True),
    Column("partition", SmallInteger, nullable=False),
    Column("seq", BigInteger),
    Column("known_at", Instant),
    Column("event_id", Uuid, nullable=False),
    Column("type", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("home", Text, nullable=False),
    Column("district", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("traceparent", Text),
    UniqueConstraint("partition", "seq"),
    Index("ix_outbox_unstamped", "id", postgresql_where=text("seq IS NULL"), sqlite_where=text("seq IS NULL")),
)
counter = Table(
    "counter",
    runtime_metadata,
    Column("partition", SmallInteger, primary_key=True, autoincrement=False),
    Column("n", BigInteger, nullable=False),  # the last seq given
    Column("mark", BigInteger, nullable=False),  # the last seq handed over to the bus
    Column("known_at", Instant),
)
history = Table(
    "history",
    runtime_metadata,
    Column("number", BigId, Identity(always=True), primary_key=True),
    Column("id", Uuid, nullable=False, unique=True),
    Column("began_at", Instant, nullable=False),
    Column("began_after", Text, nullable=False),  # JSON: the last seq of each partition before it
    Column("reason", Text, nullable=False),
)


class Stamped(NamedTuple):
    """A numbered row of the outbox."""

    partition: int
    seq: int
    known_at: datetime
    event_id: UUID
    type: str
    subject: str
    home: str
    district: str
    data: str
    traceparent: str | None


COLUMNS = [outbox.c[name] for name in Stamped._fields]
READ_AFTER = f"SELECT {', '.join(Stamped._fields)} FROM outbox WHERE partition = $1 AND seq > $2 ORDER BY seq LIMIT $3"


class NotOnTheDoorPlate(Exception):
    """A service may say only what its door plate lists."""


class EventTooLarge(Exception):
    """An event must fit into one record."""


def partition_of(home: str) -> int:
    """The partition of a district, a province (`61`) or the nation; stable for ever."""
    return zlib.crc32(home.encode()) % PARTITIONS


def add(session: Session, event: Event, *, subject: UUID | str, home: str | None = None) -> None:
    """Say an event with the rows of this transaction; it is written as the last statement before the commit.

    home: the district of the office that first wrote the row the event speaks for; by default the one that speaks.
    Lock that row first: the order of a subject's events is the order of its lock.
    Raises NotOnTheDoorPlate, EventTooLarge, msgspec.ValidationError: each is a mistake in the room.
    """
    row = row_of(session.info["publishes"], event, subject=subject, home=home)
    if "outbox" not in session.info:
        session.info["outbox"] = []
        session.info["before_commit"].append(write_pending)
    session.info["outbox"].append(row)


def row_of(
    publishes: Container[type], event: Event, *, subject: UUID | str, home: str | None = None
) -> dict[str, Any]:  # Any: values of columns
    """The row of an event, for whoever writes it in the statement that stores what it speaks of. Raises as `add`."""
    if type(event) not in publishes:
        raise NotOnTheDoorPlate(event.type)
    data = msgspec.json.encode(event)
    msgspec.json.decode(data, type=type(event))  # constructors check nothing
    if len(data) > BYTES_AT_MOST:
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


async def write_pending(session: Session) -> None:
    await session.flush()
    rows = session.info.pop("outbox", [])
    if rows:
        await (await session.connection()).execute(outbox.insert(), rows)


async def prepare(database: Database) -> None:
    """Counters and the first history, made once with the database."""
    async with database.write() as session:
        connection = await session.connection()
        if (await connection.execute(select(func.count()).select_from(counter))).scalar_one() == 0:
            rows = [{"partition": partition, "n": 0, "mark": 0} for partition in range(PARTITIONS)]
            await connection.execute(counter.insert(), rows)
        if (await connection.execute(select(func.count()).select_from(history))).scalar_one() == 0:
            await begin_history(session, reason="made with the database")


async def begin_history(session: Session, *, reason: str) -> UUID:
    """Begin a new history: the numbers go on, but whoever has heard more than they say must start again."""
    connection = await session.connection()
    seqs = {row.partition: row.n for row in await connection.execute(select(counter))}
    began_after = msgspec.json.encode([seqs.get(partition, 0) for partition in range(PARTITIONS)]).decode()
    id = new_id()
    await connection.execute(
        history.insert(), {"id": id, "began_at": clock.now(), "began_after": began_after, "reason": reason}
    )
    return id


def same_until(histories: Sequence[tuple[UUID, Sequence[int]]]) -> dict[UUID, list[int]]:
    """Of histories in order, each with where it began: up to which seqs each former one says the same as the last.

    Whoever slept through several left them all at the lowest of their beginnings, which need not be the last one's.
    """
    found: dict[UUID, list[int]] = {}
    _, until = histories[-1]
    for id, began_after in reversed(histories[:-1]):
        found[id] = list(until)
        until = [min(each) for each in zip(until, began_after, strict=True)]
    return found


STAMP = text(
    """
WITH u AS (SELECT o.id, f.n + row_number() OVER (PARTITION BY o.partition ORDER BY o.id) AS seq,
                  greatest(CAST(:now AS timestamptz), f.known_at) AS known_at
           FROM (SELECT id, partition FROM outbox WHERE seq IS NULL ORDER BY id LIMIT :limit) o
           JOIN counter f USING (partition)),
     w AS (UPDATE outbox SET seq = u.seq, known_at = u.known_at FROM u WHERE outbox.id = u.id
           RETURNING outbox.partition, outbox.seq, outbox.known_at),
     c AS (UPDATE counter SET n = m.n, known_at = m.at,
                              mark = CASE WHEN CAST(:feed_only AS boolean) THEN m.n ELSE counter.mark END
           FROM (SELECT partition, max(seq) AS n, max(known_at) AS at FROM w GROUP BY 1) m
           WHERE counter.partition = m.partition)
SELECT count(*) FROM w
"""
).bindparams(bindparam("now", type_=Instant), bindparam("limit"))


async def hold_counters(session: Session) -> None:
    """Let no other stamper in until the transaction ends. A process paused here is thrown out after five seconds."""
    if session.info["is_sqlite"]:
        return  # one writer at a time anyway
    await (await session.connection()).execute(
        text(
            "SELECT set_config('idle_in_transaction_session_timeout', '5000', true)"
            " FROM counter ORDER BY partition FOR UPDATE"
        )
    )


async def stamp(
    session: Session, now: Callable[[], datetime], *, limit: int = STAMP_AT_ONCE, feed_only: bool = False
) -> int:
    """Give the next numbers to what is visible, in id order within a partition. -> how many.

    feed_only: nothing is sent anywhere, so the marks move at once.

    known_at is the later of now and the partition's last, so what was known at an instant is a prefix whatever the
    clock does. Two stampers at once wait for each other on the counters.
    """
    # counters first: under READ COMMITTED what a twin stamped is seen by the next statement
    await hold_counters(session)
    connection = await session.connection()
    if not session.info["is_sqlite"]:
        values = {"now": now(), "limit": limit, "feed_only": feed_only}
        return int((await connection.execute(STAMP, values)).scalar_one())
    waiting = select(outbox.c.id, outbox.c.partition).where(outbox.c.seq.is_(None)).order_by(outbox.c.id).limit(limit)
    rows = (await connection.execute(waiting)).all()
    if not rows:
        return 0
    counters = {row.partition: row for row in await connection.execute(select(counter))}
    numbered, last = number(rows, counters, now())
    set_row = (
        update(outbox)
        .where(outbox.c.id == bindparam("b_id"))
        .values(seq=bindparam("b_seq"), known_at=bindparam("b_at"))
    )
    await connection.execute(set_row, numbered)
    set_counter = (
        update(counter)
        .where(counter.c.partition == bindparam("b_p"))
        .values(n=bindparam("b_n"), known_at=bindparam("b_at"), **({"mark": bindparam("b_n")} if feed_only else {}))
    )
    await connection.execute(set_counter, last)
    return len(rows)


def number(
    rows: Sequence[Any], counters: dict[int, Any], now: datetime
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:  # Any: rows of Core and parameters for it
    """-> parameters for the outbox rows, and for the counters they move."""
    numbered: list[dict[str, Any]] = []
    last: dict[int, dict[str, Any]] = {}
    for row in rows:
        state = counters[row.partition]
        at = max(now, state.known_at) if state.known_at else now
        seq = last[row.partition]["b_n"] + 1 if row.partition in last else state.n + 1
        numbered.append({"b_id": row.id, "b_seq": seq, "b_at": at})
        last[row.partition] = {"b_p": row.partition, "b_n": seq, "b_at": at}
    return numbered, list(last.values())


async def tick(session: Session, now: Callable[[], datetime]) -> None:
    """Say that nothing more will be known of before now: the watermark of a partition without events."""
    await hold_counters(session)
    at = now()
    older = counter.c.known_at.is_(None) | (counter.c.known_at < at)
    await (await session.connection()).execute(update(counter).where(older).values(known_at=at))


async def read_after(session: Session, partition: int, seq: int, *, limit: int, **only: Sequence[str]) -> list[Stamped]:
    """Numbered rows of a partition behind a seq, in order. only: `type=[...]`."""
    if not session.info["is_sqlite"] and not only:
        # past SQLAlchemy: the publisher, the feed and every rebuild read whole outboxes through here
        async with bulk.driver(session) as connection:
            return [Stamped(*row) for row in await connection.fetch(READ_AFTER, partition, seq, limit)]
    query = select(*COLUMNS).where(outbox.c.partition == partition, outbox.c.seq > seq)
    for name, wanted in only.items():
        query = query.where(outbox.c[name].in_(wanted))
    connection = await session.connection()
    return [Stamped(*row) for row in await connection.execute(query.order_by(outbox.c.seq).limit(limit))]


class Counter(NamedTuple):
    partition: int
    n: int
    mark: int
    known_at: datetime | None


async def counters(connection: AsyncConnection) -> list[Counter]:
    rows = await connection.execute(select(counter).order_by(counter.c.partition))
    return [Counter(row.partition, row.n, row.mark, row.known_at) for row in rows]


async def move_mark(connection: AsyncConnection, partition: int, before: int, after: int) -> bool:
    """Compare and set: false where another publisher moved it meanwhile, which is harmless."""
    moved = await connection.execute(
        update(counter).where(counter.c.partition == partition, counter.c.mark == before).values(mark=after)
    )
    return bool(moved.rowcount)
