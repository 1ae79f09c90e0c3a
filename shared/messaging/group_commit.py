"""Group commit for hot routes: a row and its event wait in a list for the statement that carries them.

No timer: a statement starts when something waits and few are under way, so under load they grow by themselves.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

from shared.base.errors import OutcomeUnknown, Unavailable
from shared.db import Database, commit_started, insert
from shared.messaging import outbox

ROWS_PER_STATEMENT = 200


CONCURRENT_STATEMENTS = 2  # under way at the same time: while one waits for the disk the next is made


Row = Mapping[str, Any]  # Any: values of columns, as the driver takes them


class PendingWrite:
    """One request's row with its event. `stored` tells whether it was new, once that is on the disk."""

    def __init__(self, row: Row, event: Row) -> None:
        self.row, self.event = row, event
        self.stored: asyncio.Future[bool] = asyncio.get_running_loop().create_future()


class GroupCommit:
    """Of the rows of one table, which has the primary key `id`."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.waiting: list[PendingWrite] = []
        self.tasks: set[asyncio.Task[None]] = set()

    async def add(self, database: Database, row: Row, event: Row) -> bool:
        """Store a row with its event. False where a key of it is there already: then nothing was done.

        Raises what `Database.write` raises.
        """
        own = PendingWrite(row, event)
        self.waiting.append(own)
        if len(self.tasks) < CONCURRENT_STATEMENTS:
            task = asyncio.create_task(self.store_waiting(database))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        try:
            return await own.stored
        except asyncio.CancelledError:
            if own in self.waiting:
                self.waiting.remove(own)
            else:
                commit_started.set(True)  # it is on its way without us: nobody knows
            raise

    async def store_waiting(self, database: Database) -> None:
        while self.waiting:
            group, self.waiting = self.waiting[:ROWS_PER_STATEMENT], self.waiting[ROWS_PER_STATEMENT:]
            try:
                await self.store(database, group)
            finally:
                for each in group:
                    each.stored.cancel()  # where it has no answer yet: this process is stopping

    async def store(self, database: Database, group: Sequence[PendingWrite]) -> None:
        """A row that cannot be stored is tried alone, and never fails its neighbours."""
        try:
            stored = await self.stored(database, {each.row["id"]: each for each in reversed(group)})
        except (Unavailable, OutcomeUnknown) as error:  # no row's fault
            for each in group:
                resolve_write(each, error)
        except Exception as error:
            if len(group) == 1:
                resolve_write(group[0], error)
                return
            for each in group:
                await self.store(database, [each])
        else:
            for each in group:
                resolve_write(each, each in stored)

    async def stored(self, database: Database, group: Mapping[Any, PendingWrite]) -> set[PendingWrite]:  # Any: an id
        """-> those that were new. group: the first of each id; its twins find it there."""
        rows, events = [each.row for each in group.values()], [each.event for each in group.values()]
        return {group[id] for id in await insert_with_event(database, self.table, rows, events)}


def resolve_write(waiting: PendingWrite, answer: bool | Exception) -> None:
    with suppress(asyncio.InvalidStateError):  # the caller is gone
        if isinstance(answer, Exception):
            waiting.stored.set_exception(answer)
        else:
            waiting.stored.set_result(answer)


ColumnValues = Mapping[str, Any]  # Any: values of columns, as the driver takes them


async def insert_with_event(
    database: Database, table: Table, rows: Sequence[ColumnValues], events: Sequence[ColumnValues]
) -> list[Any]:
    """Insert rows, and say their events. Where a unique key of a row is there already neither is done. -> ids stored.

    rows: all of the same columns, each id once. events: as `outbox.row_of` makes them. A row of which a key is being
    stored waits for that to end.
    Raises what `Database.write` raises; lost on the way is OutcomeUnknown, since nothing tells how far it came.
    """
    if database.is_sqlite:
        return await insert_in_transaction(database, table, rows, events)
    statement = insert_statement(table, tuple(rows[0]), tuple(events[0]))
    columns = [[row[name] for row in some] for some in (rows, events) for name in some[0]]
    async with database.raw_connection(once=True) as connection:
        return [record[0] for record in await connection.fetch(statement, *columns)]


async def insert_in_transaction(
    database: Database, table: Table, rows: Sequence[ColumnValues], events: Sequence[ColumnValues]
) -> list[Any]:
    async with database.write() as session:
        connection = await session.connection()
        new = insert(session, table).on_conflict_do_nothing().returning(table.c.id)
        stored = set((await connection.execute(new, list(rows))).scalars())
        new_events = [event for row, event in zip(rows, events, strict=True) if row["id"] in stored]
        if new_events:
            await outbox.insert_events(connection, new_events)
    return list(stored)


@cache
def insert_statement(table: Table, columns: tuple[str, ...], event: tuple[str, ...]) -> str:
    """One array for each column; an event follows its row by the row's id."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
    both = [table.c[name] for name in columns] + [outbox.outbox.c[name] for name in event]
    arrays = ", ".join(f"${number}::{column.type.compile(dialect)}[]" for number, column in enumerate(both, 1))
    given = ", ".join([*columns, *(f"event_{name}" for name in event)])
    return f"""
WITH given AS (SELECT * FROM unnest({arrays}) AS given ({given})),
     stored AS (INSERT INTO {table.name} ({", ".join(columns)}) SELECT {", ".join(columns)} FROM given
                ON CONFLICT DO NOTHING RETURNING id),
     said AS (INSERT INTO outbox ({", ".join(event)})
              SELECT {", ".join(f"event_{name}" for name in event)} FROM given JOIN stored USING (id)
              RETURNING id, partition),
     waiting AS (INSERT INTO unnumbered (outbox_id, partition) SELECT id, partition FROM said)
SELECT id FROM stored"""
