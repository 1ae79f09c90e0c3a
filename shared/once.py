"""Once: rows, each with one beside it, in a single statement that is a transaction of its own.

For routes where every round trip tells: begin, look, insert, insert and commit are five, this is one.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

from shared.db import Database, insert

Row = Mapping[str, Any]  # Any: values of columns, as the driver takes them


async def add_once(database: Database, table: Table, rows: Sequence[Row], beside: Table, others: Sequence[Row]) -> Any:
    """Insert rows, each with its other row. Where a unique key of a row is there already neither is. -> ids stored.

    rows: all of the same columns, each id once. A row of which a key is being stored waits for that to end.
    Raises what `Database.write` raises; lost on the way is OutcomeUnknown, since nothing tells how far it came.
    """
    if database.is_sqlite:
        return await in_transaction(database, table, rows, beside, others)
    statement = statement_of(table, tuple(rows[0]), beside, tuple(others[0]))
    columns = [[row[name] for row in some] for some in (rows, others) for name in some[0]]
    async with database.driver(once=True) as driver:
        return [record[0] for record in await driver.fetch(statement, *columns)]


async def in_transaction(
    database: Database, table: Table, rows: Sequence[Row], beside: Table, others: Sequence[Row]
) -> list[Any]:
    async with database.write() as session:
        connection = await session.connection()
        new = insert(session, table).on_conflict_do_nothing().returning(table.c.id)
        stored = set((await connection.execute(new, list(rows))).scalars())
        told = [other for row, other in zip(rows, others, strict=True) if row["id"] in stored]
        if told:
            await connection.execute(beside.insert(), told)
    return list(stored)


@cache
def statement_of(table: Table, columns: tuple[str, ...], beside: Table, others: tuple[str, ...]) -> str:
    """One array for each column; what stands beside a row follows it by its id."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
    both = [table.c[name] for name in columns] + [beside.c[name] for name in others]
    arrays = ", ".join(f"${number}::{column.type.compile(dialect)}[]" for number, column in enumerate(both, 1))
    given = ", ".join([*columns, *(f"other_{name}" for name in others)])
    return f"""
WITH given AS (SELECT * FROM unnest({arrays}) AS given ({given})),
     stored AS (INSERT INTO {table.name} ({", ".join(columns)}) SELECT {", ".join(columns)} FROM given
                ON CONFLICT DO NOTHING RETURNING id),
     told AS (INSERT INTO {beside.name} ({", ".join(others)})
              SELECT {", ".join(f"other_{name}" for name in others)} FROM given JOIN stored USING (id))
SELECT id FROM stored"""
