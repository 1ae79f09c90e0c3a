"""Bulk: very many rows in one statement, without an object or a dictionary for each.

SQLAlchemy binds value by value, and asyncpg looks at each element of an array more than once: what takes microseconds
a row here takes ten times that there. The statements run on the session's own connection, in its transaction, and fail
with its errors.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import date
from functools import cache
from typing import Any

import asyncpg
from sqlalchemy import Table, exists, select, text
from sqlalchemy.dialects import postgresql

from shared.db import DRIVER_ERRORS, Session, wrap_driver_error

ROWS_PER_STATEMENT = 5000  # rows of a statement: one of all of them might not end within the statement timeout
ROWS_PER_COPY = 50_000
Rows = Sequence[Sequence[Any]]  # Any: values of columns
ColumnNames = tuple[str, ...]


async def upsert(
    session: Session,
    table: Table,
    columns: Sequence[str],
    rows: Rows,
    *,
    keys: Sequence[str],
    add: Sequence[str],
    latest: Sequence[str] = (),
) -> None:
    """Insert rows; where the key is there already, add the columns named, and of the days in `latest` keep the later.

    Sort rows by key: locks in one order, and neighbours in the index together.
    """
    if len(rows) > ROWS_PER_STATEMENT and await lock_if_empty(session, table):
        await copy_rows(session, table, columns, rows)
        return
    parts = (rows[start : start + ROWS_PER_STATEMENT] for start in range(0, len(rows), ROWS_PER_STATEMENT))
    if session.info["is_sqlite"]:
        for part in parts:
            await execute_many(session, upsert_in_sqlite(table, (*columns,), (*keys,), (*add,), (*latest,)), part)
        return
    statement = upsert_in_postgres(table, (*columns,), (*keys,), (*add,), (*latest,))
    async with raw_connection_of(
        session
    ) as connection:  # takes them as they come: while it stores one the next is written down
        await connection.executemany(statement, (array_literals(part) for part in parts))


async def lock_if_empty(session: Session, table: Table) -> bool:
    """And stays so for everybody else until the transaction ends."""
    connection = await session.connection()
    is_there = select(exists().select_from(table))
    if (await connection.execute(is_there)).scalar_one():
        return False
    if session.info["is_sqlite"]:
        return True  # one writer at a time anyway
    await connection.execute(text(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE"))
    return not (await connection.execute(is_there)).scalar_one()


async def copy_rows(session: Session, table: Table, columns: Sequence[str], rows: Rows) -> None:
    """Rows into an empty table, by COPY where there is one: a third of the work, since no key need be looked for."""
    if session.info["is_sqlite"]:
        places = ", ".join("?" * len(columns))
        await execute_many(session, f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({places})", rows)
        return
    for start in range(0, len(rows), ROWS_PER_COPY):
        async with raw_connection_of(session) as connection:
            await connection.copy_records_to_table(
                table.name, records=rows[start : start + ROWS_PER_COPY], columns=columns
            )


async def compare_and_set(session: Session, table: Table, columns: Sequence[str], rows: Rows, *, keys: int) -> int:
    """Set the columns behind the first `keys` and one, where the first column to set still has that value before.

    A row is the key, the value before, and the values to set. Rows in order of key. -> how many were set.
    """
    key, (before, *values) = columns[:keys], columns[keys:]
    if session.info["is_sqlite"]:
        where = " AND ".join(f"{name} = ?" for name in (*key, values[0]))
        statement = f"UPDATE {table.name} SET {', '.join(f'{name} = ?' for name in values)} WHERE {where}"
        return await execute_many(session, statement, [(*row[keys + 1 :], *row[: keys + 1]) for row in rows])
    return await execute_with_arrays(session, compare_and_set_in_postgres(table, (*key,), before, (*values,)), rows)


@cache
def upsert_in_postgres(
    table: Table, columns: ColumnNames, keys: ColumnNames, add: ColumnNames, latest: ColumnNames
) -> str:
    return (
        f"INSERT INTO {table.name} ({', '.join(columns)}) SELECT * FROM {unnest_clause(table, columns)}"
        f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {conflict_changes(table, add, latest, 'greatest')}"
    )


@cache
def upsert_in_sqlite(
    table: Table, columns: ColumnNames, keys: ColumnNames, add: ColumnNames, latest: ColumnNames
) -> str:
    return (
        f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
        f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {conflict_changes(table, add, latest, 'max')}"
    )


def conflict_changes(table: Table, add: ColumnNames, latest: ColumnNames, later: str) -> str:
    sums = [f"{name} = {table.name}.{name} + excluded.{name}" for name in add]
    # SQLite's max of anything and nothing is nothing
    days = [f"{name} = {later}(coalesce({table.name}.{name}, excluded.{name}), excluded.{name})" for name in latest]
    return ", ".join(sums + days)


@cache
def compare_and_set_in_postgres(table: Table, key: ColumnNames, before: str, values: ColumnNames) -> str:
    """Locked in order of key first, so that two at once cannot wait for each other."""
    names = ", ".join((*key, before, *values))
    types = unnest_clause(table, (*key, values[0], *values))
    on = " AND ".join(f"t.{name} = u.{name}" for name in key)
    mine = " AND ".join(f"{table.name}.{name} = held.{name}" for name in key)
    return (
        f"WITH u AS (SELECT * FROM {types} AS u ({names})),"
        f" held AS (SELECT u.* FROM {table.name} t JOIN u ON {on} AND t.{values[0]} = u.{before}"
        f" ORDER BY {', '.join(f't.{name}' for name in key)} FOR UPDATE OF t)"
        f" UPDATE {table.name} SET {', '.join(f'{name} = held.{name}' for name in values)} FROM held WHERE {mine}"
    )


def unnest_clause(table: Table, columns: ColumnNames) -> str:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # as SQLAlchemy types it
    types = [table.c[name].type.compile(dialect=dialect) for name in columns]
    return f"unnest({', '.join(f'${number}::text::{type_}[]' for number, type_ in enumerate(types, 1))})"


async def execute_with_arrays(session: Session, statement: str, rows: Rows) -> int:
    """Run a statement that takes its rows as an array for each column. -> rows it touched."""
    async with raw_connection_of(session) as connection:
        done: str = await connection.execute(statement, *array_literals(rows))
    return int(done.rpartition(" ")[2])


def array_literals(rows: Rows) -> list[str]:
    return [array_literal(column) for column in zip(*rows, strict=True)]


def array_literal(column: Sequence[Any]) -> str:  # Any: values of one column
    """A column as PostgreSQL writes an array: asyncpg then has one text to encode instead of thousands of values."""
    if isinstance(column[0], str) and None not in column:
        text = '","'.join(column)
        if "\\" not in text and text.count('"') == 2 * (len(column) - 1):
            return f'{{"{text}"}}'
    elif None not in column:
        return f"{{{','.join(map(str, column))}}}"
    return f"{{{','.join(map(array_element, column))}}}"


def array_element(value: Any) -> str:  # Any: a value of a column
    if value is None:
        return "NULL"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


async def execute_many(session: Session, statement: str, rows: Iterable[Sequence[Any]]) -> int:  # Any: as above
    """SQLite: the same statement for each row. -> rows it touched."""
    connection = await session.connection()
    ready = [tuple(day.isoformat() if isinstance(day, date) else day for day in row) for row in rows]
    if not ready:  # the driver would take it for one row without values
        return 0
    return (await connection.exec_driver_sql(statement, ready)).rowcount


@asynccontextmanager
async def raw_connection_of(session: Session) -> AsyncIterator[asyncpg.Connection]:
    """The asyncpg connection of a session on PostgreSQL, inside its transaction."""
    connection = await session.connection()
    raw: asyncpg.Connection = (await connection.get_raw_connection()).driver_connection
    if not raw.is_in_transaction():
        await connection.execute(text("SELECT 1"))  # the transaction begins with the first statement SQLAlchemy sees
    try:
        yield raw
    except DRIVER_ERRORS as error:
        raise wrap_driver_error(error) from error
