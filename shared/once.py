"""Once: rows, each with its event, in a single statement that is a transaction of its own.

For routes where every round trip tells: begin, look, insert, insert and commit are five, this is one.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

from shared import outbox
from shared.db import Database, insert

Row = Mapping[str, Any]  # Any: values of columns, as the driver takes them


async def add_once(database: Database, table: Table, rows: Sequence[Row], events: Sequence[Row]) -> list[Any]:
    """Insert rows, and say their events. Where a unique key of a row is there already neither is done. -> ids stored.

    rows: all of the same columns, each id once. events: as `outbox.row_of` makes them. A row of which a key is being
    stored waits for that to end.
    Raises what `Database.write` raises; lost on the way is OutcomeUnknown, since nothing tells how far it came.
    """
    if database.is_sqlite:
        return await in_transaction(database, table, rows, events)
    statement = statement_of(table, tuple(rows[0]), tuple(events[0]))
    columns = [[row[name] for row in some] for some in (rows, events) for name in some[0]]
    async with database.driver(once=True) as driver:
        return [record[0] for record in await driver.fetch(statement, *columns)]


async def in_transaction(database: Database, table: Table, rows: Sequence[Row], events: Sequence[Row]) -> list[Any]:
    async with database.write() as session:
        connection = await session.connection()
        new = insert(session, table).on_conflict_do_nothing().returning(table.c.id)
        stored = set((await connection.execute(new, list(rows))).scalars())
        told = [event for row, event in zip(rows, events, strict=True) if row["id"] in stored]
        if told:
            await outbox.write(connection, told)
    return list(stored)


@cache
def statement_of(table: Table, columns: tuple[str, ...], event: tuple[str, ...]) -> str:
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
