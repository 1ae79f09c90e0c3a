"""Database state: what a checker reads of the databases, by the tables themselves and past every service."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, RowMapping, func, select, text, update
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.base import clock
from shared.db.migrations import metadata_of
from shared.messaging.inbox.tables import position, source_state
from shared.messaging.outbox import outbox_pending, outbox_sequence, partition_state
from tests.faults.outbox_facts import OutboxEvent

if TYPE_CHECKING:
    from tests.faults.stack import FaultStack

Rows = dict[str, Sequence[RowMapping]]  # by table


@asynccontextmanager
async def connect(url: str) -> AsyncIterator[Any]:  # Any: an asynchronous connection of SQLAlchemy
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            yield connection
    finally:
        await engine.dispose()


async def all_rows(stack: "FaultStack") -> dict[str, Rows]:
    """Every row of every service."""
    names = list(stack.databases)
    found = await asyncio.gather(*(rows_of(stack.databases[name], name) for name in names))
    return dict(zip(names, found, strict=True))


async def rows_of(url: str, service: str) -> Rows:
    def read(connection: Connection) -> Rows:
        tables = [table for metadata in metadata_of(service) for table in metadata.sorted_tables]
        return {table.name: connection.execute(select(table)).mappings().all() for table in tables}

    async with connect(url) as connection:
        rows: Rows = await connection.run_sync(read)
    return rows


def table_of(rows: Rows, name: str) -> Sequence[RowMapping]:
    return rows[name]


def events_of(service: str, rows: Rows) -> list[OutboxEvent]:
    """The numbered events of a service."""
    rows_by_id = {row["id"]: row for row in table_of(rows, "outbox")}
    return [
        OutboxEvent(
            service, number["partition"], number["seq"], row["id"], row["subject"], row["type"],
            json.loads(row["data"]), number["known_at"],
        )
        for number in table_of(rows, "numbered")
        for row in [rows_by_id[number["outbox_id"]]]
    ]  # fmt: skip


IN_TRANSACTION = """
SELECT datname, state, wait_event, clock_timestamp() - xact_start AS since, left(query, 100) AS query
FROM pg_stat_activity WHERE xact_start IS NOT NULL AND pid <> pg_backend_pid()
"""


async def open_transactions(stack: "FaultStack") -> list[str]:
    """What the sessions of the server are at, for whoever must find out what holds everybody up."""
    if stack.kind == "sqlite":
        return []
    async with connect(next(iter(stack.databases.values()))) as connection:
        return [" ".join(map(str, row)) for row in await connection.execute(text(IN_TRANSACTION))]


class ServicePosition(NamedTuple):
    """Of one service. said: events numbered. unsent: those without a number, and those not handed over.

    ends: the last number by partition. marks: how far each was handed over. heard: by source and partition.
    """

    said: int
    unsent: int
    ends: dict[int, int]
    marks: dict[int, int]
    heard: dict[tuple[str, int], int]


async def position_of(url: str) -> ServicePosition:
    async with connect(url) as connection:
        said = await connection.scalar(select(func.count()).select_from(outbox_sequence))
        waiting = await connection.scalar(select(func.count()).select_from(outbox_pending))
        counters = (await connection.execute(select(partition_state))).all()
        positions = (await connection.execute(select(position))).all()
    ends, marks = {row.partition: row.n for row in counters}, {row.partition: row.mark for row in counters}
    unsent = waiting + sum(ends.values()) - sum(marks.values())
    return ServicePosition(said, unsent, ends, marks, {(row.source, row.partition): row.last_seq for row in positions})


async def start_at_seq(url: str, sources: Sequence[str], seqs: Mapping[int, int]) -> None:
    """As if so many events had been said, and heard from these sources, before the first one."""
    async with connect(url) as connection:
        for partition, seq in seqs.items():
            at = partition_state.c.partition == partition
            await connection.execute(update(partition_state).where(at).values(n=seq, mark=seq))
        for source in sources:
            state = {"source": source, "history": None, "state": "running", "reason": "", "since": clock.now()}
            await connection.execute(source_state.insert(), state)
            rows = [{"source": source, "partition": partition, "last_seq": seq} for partition, seq in seqs.items()]
            await connection.execute(position.insert(), rows)


async def publish_again(url: str) -> None:
    """Let a publisher hand over everything it ever said once more."""
    await execute(
        url,
        "UPDATE counter SET mark = coalesce("
        "(SELECT min(seq) FROM numbered WHERE numbered.partition = counter.partition), n + 1) - 1",
    )


async def execute(url: str, statement: str, **parameters: Any) -> None:  # Any: as the statement wants them
    async with connect(url) as connection:
        await connection.execute(text(statement), parameters)
