"""Ages of what waits: right, and read at the same cost however much was said before and however much waits."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.recording.main import service
from shared.base.ids import new_id
from shared.db import Database
from shared.messaging.outbox import PARTITIONS, insert_events, outbox, outbox_pending, outbox_sequence, partition_state
from shared.observability.health import outbox_ages
from shared.service import Service
from tests.conftest import NOON, FrozenClock

FEW, MANY = 20, 1000  # of each partition
SAID = {"type": "t", "subject": "s", "home": "61.03", "district": "61.03", "data": "{}"}


async def fill(database: Database, each: int, *, mark: int, waiting: int = 0) -> None:
    """So many events of each partition, a second apart, numbered but for the last `waiting`, handed over to `mark`."""
    said = [
        {"partition": partition, "event_id": new_id(), **SAID} for _ in range(each) for partition in range(PARTITIONS)
    ]
    async with database.write() as session:
        connection = await session.connection()
        ids = list((await connection.execute(insert(outbox).returning(outbox.c.id), said)).scalars())
        places = [(id, index % PARTITIONS, index // PARTITIONS + 1) for index, id in enumerate(sorted(ids))]
        numbers = [
            {"partition": p, "seq": seq, "outbox_id": id, "known_at": NOON + timedelta(seconds=seq)}
            for id, p, seq in places if seq <= each - waiting
        ]  # fmt: skip
        await connection.execute(insert(outbox_sequence), numbers)
        if rest := [{"outbox_id": id, "partition": p} for id, p, seq in places if seq > each - waiting]:
            await connection.execute(insert(outbox_pending), rest)
        await connection.execute(update(partition_state).values(n=each - waiting, mark=mark))
    if not database.is_sqlite:
        async with database.raw_connection() as driver:
            await driver.execute("ANALYZE")  # as autovacuum would have done


@asynccontextmanager
async def statements(connection: AsyncConnection) -> AsyncIterator[list[tuple[str, Any]]]:  # Any: their parameters
    found: list[tuple[str, Any]] = []

    def note(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
        found.append((statement, parameters))

    engine = connection.sync_connection
    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


async def steps_of_sqlite(database: Database) -> int:
    """How many steps of its machine the question takes."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    async with database.read() as session:
        raw = await (await session.connection()).get_raw_connection()
        driver: Any = raw.driver_connection  # Any: aiosqlite's
        await driver.set_progress_handler(count, 1)
        await outbox_ages(session)
        await driver.set_progress_handler(None, 1)
    return steps


async def rows_of_postgres(database: Database) -> int:
    """The most rows of one table that the question reads, as the server counts them."""
    async with database.read() as session:
        connection = await session.connection()
        async with statements(connection) as found:
            await outbox_ages(session)
        read = 0
        for statement, parameters in found:
            answer = await connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters)
            plan = answer.scalar_one()
            [top] = json.loads(plan) if isinstance(plan, str) else plan
            read = max([read, *(rows(node) for node in nodes(top["Plan"]))])
    return read


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:  # Any: JSON
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def rows(node: dict[str, Any]) -> int:  # Any: JSON
    """Read from a table: also those that a filter left out."""
    left_out = sum(node.get(f"Rows Removed by {what}", 0) for what in ("Filter", "Index Recheck", "Join Filter"))
    return int((node["Actual Rows"] + left_out) * node["Actual Loops"])


async def cost(database: Database) -> int:
    return await (steps_of_sqlite if database.is_sqlite else rows_of_postgres)(database)


# parts of what was said: handed over, and without a number yet
CASES = {"all handed over": (1.0, 0.0), "none handed over": (0.0, 0.0), "many without a number": (0.25, 0.5)}


@pytest.mark.parametrize("name", CASES)
async def test_long_histories_cost_no_more_than_short_ones(
    name: str, open_database: Callable[[Service], Awaitable[Database]], frozen_clock: FrozenClock
) -> None:
    handed_over, waiting = CASES[name]
    costs = []
    for each in (FEW, MANY):
        database = await open_database(service)
        await fill(database, each, mark=int(each * handed_over), waiting=int(each * waiting))
        costs.append(await cost(database))
    few, many = costs
    assert many < few * 1.2


@pytest.mark.parametrize(("mark", "expected"), [(0, 99.0), (7, 92.0), (20, 0.0)])
async def test_the_oldest_counts(
    mark: int, expected: float, open_database: Callable[[Service], Awaitable[Database]], frozen_clock: FrozenClock
) -> None:
    database = await open_database(service)
    await fill(database, FEW, mark=mark)
    async with database.write() as session:  # one partition is quiet, and ahead of the others
        await (await session.connection()).execute(
            update(partition_state).where(partition_state.c.partition == 3).values(mark=FEW)
        )
    frozen_clock.at = NOON + timedelta(seconds=100)
    async with database.read() as session:
        assert await outbox_ages(session) == (0.0, expected)


async def test_of_what_has_no_number_the_first_written_counts(
    open_database: Callable[[Service], Awaitable[Database]], frozen_clock: FrozenClock
) -> None:
    database = await open_database(service)
    async with database.write() as session:
        connection = await session.connection()
        for age in (60, 10):
            made = int((NOON.timestamp() - age) * 1000)  # an id of version 7 begins with its instant
            await insert_events(connection, [{"partition": 0, "event_id": UUID(int=made << 80), **SAID}])
    async with database.read() as session:
        assert (await outbox_ages(session))[0] == pytest.approx(60, abs=0.01)
