"""Statements that the two databases say differently, or that one of them has no word for."""

import zlib
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, any_, cast, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.errors import DRIVER_ERRORS, is_unique_violation, wrap_driver_error
from shared.db.session import Session


async def lock_id(session: Session, id: UUID) -> None:
    """Hold an id until the transaction ends, so that a twin waits. On SQLite writers are one at a time anyway."""
    if not session.info["is_sqlite"]:
        number = zlib.crc32(id.bytes) | (zlib.crc32(id.bytes[::-1]) << 32)
        await session.exec(text("SELECT pg_advisory_xact_lock(:n)").bindparams(n=number - (1 << 63)))  # type: ignore[call-overload]  # text is not in its overloads


def insert(session: Session, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that can say ON CONFLICT, of the session's database."""
    return sqlite.insert(table) if session.info["is_sqlite"] else postgresql.insert(table)


async def insert_ignore(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert rows, leaving those whose key is there already. -> how many were new."""
    if not rows:
        return 0
    result = await (await session.connection()).execute(insert(session, table).on_conflict_do_nothing(), list(rows))
    return max(result.rowcount, 0)


def is_any_of(
    connection: AsyncConnection, column: Any, values: Sequence[Any]
) -> ColumnElement[bool]:  # Any: a column's
    """A column is one of many values: on PostgreSQL one parameter, where IN would make a statement for each number."""
    found: ColumnElement[bool]
    if connection.dialect.name == "sqlite":
        found = column.in_(values)
    else:
        found = column == any_(cast(list(values), postgresql.ARRAY(column.type)))
    return found


async def copy_new_rows(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Insert thousands of new rows. False where a key is there already: then none is stored, and the transaction lives.

    rows: all of the same columns, with values as the driver takes them: aware instants, words as plain text.
    """
    if not rows:
        return True
    connection = await session.connection()
    try:
        async with connection.begin_nested():
            if session.info["is_sqlite"]:
                await connection.execute(table.insert(), list(rows))
            else:
                await copy_to_postgres(connection, table, rows)
    except IntegrityError as error:
        if is_unique_violation(error):
            return False
        raise
    return True


async def copy_to_postgres(connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """By the driver's own COPY, which SQLAlchemy has no word for; in order of the key, so that locks are too."""
    columns = list(rows[0])
    driver: Any = (await connection.get_raw_connection()).driver_connection  # Any: SQLAlchemy does not know its type
    values = sorted(map(itemgetter(*columns), rows), key=itemgetter(columns.index(next(iter(table.primary_key)).name)))
    try:
        await driver.copy_records_to_table(table.name, records=values, columns=columns)
    except DRIVER_ERRORS as error:
        raise wrap_driver_error(error) from error
