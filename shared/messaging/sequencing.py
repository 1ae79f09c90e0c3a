"""Sequencing: a committed event gets the next number of its partition, and the instant from which it is known."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import asyncpg
from sqlalchemy import bindparam, delete, select, update

from shared.db import Database, Session
from shared.messaging.outbox import outbox_pending, outbox_sequence, partition_state

SEQUENCE_AT_ONCE = 5000
HAS_PENDING = "SELECT EXISTS (SELECT FROM unnumbered)"
LOCK_SEQUENCING = (
    "SELECT pg_advisory_xact_lock(hashtext('rekap stamping')),"
    " set_config('idle_in_transaction_session_timeout', '5000', true)"
)
ASSIGN_SEQUENCE = """
WITH waiting AS (SELECT * FROM unnumbered ORDER BY outbox_id LIMIT $2),
     numbers AS (SELECT partition, n + row_number() OVER (PARTITION BY partition ORDER BY outbox_id) AS seq, outbox_id,
                        greatest($1, known_at) AS known_at
                 FROM waiting JOIN counter USING (partition)),
     given AS (INSERT INTO numbered (partition, seq, outbox_id, known_at) SELECT * FROM numbers),
     done AS (DELETE FROM unnumbered USING waiting WHERE unnumbered.outbox_id = waiting.outbox_id),
     last AS (SELECT partition, max(seq) AS seq, max(known_at) AS known_at FROM numbers GROUP BY partition),
     counted AS (UPDATE counter SET n = seq, known_at = last.known_at, mark = CASE WHEN $3 THEN seq ELSE mark END
                 FROM last WHERE counter.partition = last.partition)
SELECT count(*) FROM numbers
"""
ADVANCE_WATERMARK = """
UPDATE counter SET known_at = $1, mark = CASE WHEN $2 THEN n ELSE mark END WHERE known_at IS NULL OR known_at < $1
"""
Now = Callable[[], datetime]


async def assign_sequence(
    database: Database, now: Now, *, limit: int = SEQUENCE_AT_ONCE, feed_only: bool = False
) -> int:
    """Give the next numbers to what is visible, in id order within a partition. -> how many.

    feed_only: nothing is sent anywhere, so the marks move at once.

    known_at is the later of now and the partition's last, so what was known at an instant is a prefix whatever the
    clock does. Two stampers at once wait for each other.
    """
    if database.is_sqlite:
        async with database.write() as session:  # one writer at a time anyway
            return await assign_sequence_in_python(session, now, limit, feed_only)
    async with database.raw_connection() as connection, connection.transaction():
        await lock_sequencing(connection)
        return int(await connection.fetchval(ASSIGN_SEQUENCE, now(), limit, feed_only))


async def has_pending(database: Database) -> bool:
    """Whether anything has no number yet."""
    if database.is_sqlite:
        async with database.read() as session:
            query = select(outbox_pending.c.outbox_id).limit(1)
            return (await (await session.connection()).execute(query)).first() is not None
    async with database.raw_connection() as connection:
        return bool(await connection.fetchval(HAS_PENDING))


async def advance_watermark(database: Database, now: Now, *, feed_only: bool = False) -> None:
    """Say that nothing more will be known of before now: the watermark of a partition without events.

    feed_only: as in `assign_sequence`, for what was numbered while there was a bus.
    """
    if database.is_sqlite:
        async with database.write() as session:
            at = now()
            older = partition_state.c.known_at.is_(None) | (partition_state.c.known_at < at)
            moved = {"known_at": at, **({"mark": partition_state.c.n} if feed_only else {})}
            await (await session.connection()).execute(update(partition_state).where(older).values(**moved))
        return
    async with database.raw_connection() as connection, connection.transaction():
        await lock_sequencing(connection)
        await connection.execute(ADVANCE_WATERMARK, now(), feed_only)


async def lock_sequencing(connection: asyncpg.Connection) -> None:
    """Let no other stamper in until the transaction ends. A process paused here is thrown out after five seconds.

    Before anything is looked for: under READ COMMITTED the next statement sees what a twin stamped. Not by the
    counters' own locks: marks move meanwhile.
    """
    await connection.execute(LOCK_SEQUENCING)


async def assign_sequence_in_python(session: Session, now: Now, limit: int, feed_only: bool) -> int:
    connection = await session.connection()
    waiting = select(outbox_pending).order_by(outbox_pending.c.outbox_id).limit(limit)
    rows = (await connection.execute(waiting)).all()
    if not rows:
        return 0
    counters = {row.partition: row for row in await connection.execute(select(partition_state))}
    numbers, last = number_rows(rows, counters, now())
    await connection.execute(outbox_sequence.insert(), numbers)
    await connection.execute(delete(outbox_pending).where(outbox_pending.c.outbox_id <= rows[-1].outbox_id))
    set_counter = (
        update(partition_state)
        .where(partition_state.c.partition == bindparam("b_p"))
        .values(n=bindparam("b_n"), known_at=bindparam("b_at"), **({"mark": bindparam("b_n")} if feed_only else {}))
    )
    await connection.execute(set_counter, last)
    return len(rows)


def number_rows(
    rows: Sequence[Any], counters: dict[int, Any], now: datetime
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:  # Any: rows of Core and parameters for it
    """-> the numbers, and parameters for the counters they move."""
    numbers: list[dict[str, Any]] = []
    last: dict[int, dict[str, Any]] = {}
    for row in rows:
        state = counters[row.partition]
        at = max(now, state.known_at) if state.known_at else now
        seq = last[row.partition]["b_n"] + 1 if row.partition in last else state.n + 1
        numbers.append({"partition": row.partition, "seq": seq, "outbox_id": row.outbox_id, "known_at": at})
        last[row.partition] = {"b_p": row.partition, "b_n": seq, "b_at": at}
    return numbers, list(last.values())
