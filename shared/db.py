"""Databases: SQLite and PostgreSQL, one transaction per request or batch, and all that differs between the two."""

import asyncio
import os
import socket
import zlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import ColumnElement, DateTime, Dialect, MetaData, Table, any_, cast, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.types import TypeDecorator
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.errors import OutcomeUnknown, Unavailable

Session = AsyncSession

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
runtime_metadata = MetaData(naming_convention=NAMING)  # outbox, inbox: the same tables in every service

committing: ContextVar[bool] = ContextVar("committing", default=False)  # or committed already, in the present task

BUSY_SECONDS = 2  # how long a second writer waits before 503
MOMENT_SECONDS = 0.02
POSTGRES_SETTINGS = {
    "statement_timeout": "5000",
    "lock_timeout": "2000",
    "idle_in_transaction_session_timeout": "10000",
    "search_path": "public",
    "timezone": "UTC",
}
PASSING = ("08", "53", "57", "40", "55")  # SQLSTATE classes that heal: connection, resources, shutdown, rollback, locks


CUT_SECONDS = 3
CUT_OPTIONS = {  # what was sent stays unacknowledged, or nothing comes and probes are not answered
    getattr(socket, name): value
    for name, value in {
        "TCP_USER_TIMEOUT": CUT_SECONDS * 1000,
        "TCP_KEEPIDLE": 1,
        "TCP_KEEPINTVL": 1,
        "TCP_KEEPCNT": CUT_SECONDS,
    }.items()
    if hasattr(socket, name)  # not every system has all
}


class StorageFull(Unavailable):
    """The disk is full; nothing was stored."""


class DatabaseUnavailable(Unavailable):
    """The database does not answer; nothing was done."""


class Busy(Unavailable):
    """Another writer holds what this needs; nothing was done."""


class Instant(TypeDecorator[datetime]):
    """An instant in UTC on both databases; SQLite keeps it as text, so that it sorts."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a naive instant")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Gate:
    """Many may be inside together; closed, it lets nobody in and waits until all are out."""

    def __init__(self) -> None:
        self._inside = 0
        self._open, self._empty = asyncio.Event(), asyncio.Event()
        self._open.set()

    @asynccontextmanager
    async def passing(self) -> AsyncIterator[None]:
        await self._open.wait()
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1
            if not self._inside:
                self._empty.set()

    @asynccontextmanager
    async def closed(self, within_seconds: float) -> AsyncIterator[None]:
        """Raises Busy, and is open again, where somebody stays inside for longer."""
        self._open.clear()
        try:
            while self._inside:
                self._empty.clear()
                try:
                    async with asyncio.timeout(within_seconds):
                        await self._empty.wait()
                except TimeoutError:
                    raise Busy from None
            yield
        finally:
            self._open.set()


class Database:
    """One service's database: opened by the lifespan, closed by it.

    durable: facts are decided here, so an acknowledged commit survives a power cut. Read models can be folded again.
    """

    def __init__(
        self,
        url: str,
        *,
        publishes: Iterable[type] = (),
        durable: bool = True,
        schema: str = "public",
        pool_size: int = 10,
    ) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self.publishes = frozenset(publishes)
        self.durable, self.schema, self.pool_size = durable, schema, pool_size
        self.commits = 0  # of this process; see `changed`
        self._waiting: set[asyncio.Future[None]] = set()
        self._writer: AsyncEngine | None = None
        self._reader: AsyncEngine | None = None
        self._one_writer = asyncio.Lock()  # SQLite: queue here, in order, instead of polling its lock
        self._readers = Gate()

    async def open(self) -> None:
        if self.is_sqlite:
            self._writer, self._reader = self._sqlite_engine(read_only=False), self._sqlite_engine(read_only=True)
        else:
            self._writer = self._reader = self._postgres_engine()

    async def close(self) -> None:
        for engine in {self._writer, self._reader} - {None}:
            assert engine is not None
            await engine.dispose()
        self._writer = self._reader = None

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Session]:
        """One transaction, committed at the end, rolled back on any error.

        Raises Busy, DatabaseUnavailable, StorageFull (nothing was done) and OutcomeUnknown (lost while committing).
        """
        async with self.halted(), self._transaction(self.writer) as session:
            yield session

    @asynccontextmanager
    async def halted(self) -> AsyncIterator[None]:
        """On SQLite nobody else of this process writes meanwhile. Raises Busy."""
        if not self.is_sqlite:
            yield
            return
        try:
            # not wait_for: on Python 3.11 it loses a cancellation that comes together with the result
            async with asyncio.timeout(BUSY_SECONDS):
                await self._one_writer.acquire()
        except TimeoutError:
            raise Busy from None
        try:
            yield
        finally:
            self._one_writer.release()

    async def replace(self, change: Callable[[], None]) -> None:
        """Close the files, let `change` put others in their place, open those; whoever reads meanwhile waits.

        For SQLite, halted. Raises Busy, with nothing changed, where somebody reads on for too long.
        """
        async with self._readers.closed(BUSY_SECONDS):
            await self.close()
            try:
                change()
            finally:
                await self.open()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Session]:
        """One snapshot for all that is read inside."""
        async with self._readers.passing(), AsyncSession(self.reader, expire_on_commit=False) as session:
            session.info["is_sqlite"] = self.is_sqlite
            try:
                if not self.is_sqlite:
                    await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
                yield session
            except (DBAPIError, PoolTimeout, OSError) as error:
                raise translated(error) from error

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine) -> AsyncIterator[Session]:
        async with AsyncSession(engine, expire_on_commit=False) as session:
            session.info.update(is_sqlite=self.is_sqlite, publishes=self.publishes, before_commit=[])
            try:
                yield session
                for last in session.info["before_commit"]:
                    await last(session)
                await session.flush()
            except (DBAPIError, PoolTimeout, OSError) as error:
                await quietly(session.rollback())
                raise translated(error) from error
            except BaseException:
                await quietly(session.rollback())
                raise
            committing.set(True)  # and stays so: if time runs out from here on, nobody may say that nothing was stored
            await self._commit(session)
            self._say_changed()

    async def changed(self, since: int, within_seconds: float) -> None:
        """Until something was committed after `since` commits, or the time is over.

        Others write to PostgreSQL too, so there it is only a moment and the caller looks again.
        """
        if not self.is_sqlite:
            await asyncio.sleep(min(within_seconds, MOMENT_SECONDS))
            return
        if self.commits != since:
            return
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.add(waiting)
        try:
            async with asyncio.timeout(within_seconds):  # as above
                await waiting
        except TimeoutError:
            return
        finally:
            self._waiting.discard(waiting)

    def _say_changed(self) -> None:
        self.commits += 1
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)

    async def _commit(self, session: Session) -> None:
        try:
            await session.commit()
        except IntegrityError:
            raise
        except (DBAPIError, OSError) as error:
            found = translated(error)
            lost = isinstance(error, OSError) or (isinstance(error, DBAPIError) and error.connection_invalidated)
            raise (OutcomeUnknown() if lost and not self.is_sqlite else found) from error

    @property
    def writer(self) -> AsyncEngine:
        assert self._writer is not None, "the database is not open"
        return self._writer

    @property
    def reader(self) -> AsyncEngine:
        assert self._reader is not None, "the database is not open"
        return self._reader

    def _postgres_engine(self) -> AsyncEngine:
        engine = create_async_engine(
            self.url,
            pool_size=self.pool_size,
            max_overflow=5,
            pool_timeout=4,
            connect_args={"server_settings": POSTGRES_SETTINGS | {"search_path": self.schema}, "timeout": 4},
        )
        event.listen(engine.sync_engine, "connect", notice_cuts)
        return engine

    def _sqlite_engine(self, *, read_only: bool) -> AsyncEngine:
        engine = create_async_engine(self.url, pool_size=self.pool_size if read_only else 1)
        durability = "FULL" if self.durable else "NORMAL"

        @event.listens_for(engine.sync_engine, "connect")
        def prepare(connection: Any, _: Any) -> None:  # Any: the driver's own objects
            connection.isolation_level = None  # the driver must not begin on its own: trap 2, lost updates
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
            cursor.execute("PRAGMA foreign_keys = ON")
            if read_only:
                cursor.execute("PRAGMA query_only = ON")
            else:
                cursor.execute("PRAGMA journal_mode = WAL")
                cursor.execute(f"PRAGMA synchronous = {durability}")
            cursor.close()

        @event.listens_for(engine.sync_engine, "begin")
        def begin(connection: Any) -> None:  # Any: SQLAlchemy hands over its connection
            connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

        return engine


def notice_cuts(connection: Any, _: Any) -> None:  # Any: SQLAlchemy hands over the driver's own objects
    """Let the kernel end a connection whose other side is silent: else it would be waited for through a quarter hour.

    A slow statement is not silence: its side still acknowledges.
    """
    transport = connection.driver_connection._transport  # private in asyncpg; there is no other way to its socket
    with socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno())) as own:
        if own.family == socket.AF_UNIX:
            return  # nothing to cut
        for option, value in CUT_OPTIONS.items():
            own.setsockopt(socket.IPPROTO_TCP, option, value)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


async def quietly(rollback: Any) -> None:  # Any: an awaitable of the session
    """A rollback on a broken connection must not hide what broke it."""
    try:
        await rollback
    except (DBAPIError, OSError):
        return


def sqlstate(error: BaseException) -> str:
    """The SQLSTATE of a PostgreSQL error, else empty."""
    found = getattr(getattr(error, "orig", None), "sqlstate", None)
    return str(found) if found else ""


def is_data_error(error: BaseException) -> bool:
    """The content itself cannot be stored: SQLSTATE class 22 or 23, or a constraint on SQLite."""
    return isinstance(error, IntegrityError) or sqlstate(error)[:2] in ("22", "23")


def translated(error: BaseException) -> BaseException:
    """A refusal for what heals by itself; anything else stays what it is."""
    state, message = sqlstate(error), str(getattr(error, "orig", error)).lower()
    if state == "53100" or "disk is full" in message or "disk full" in message:
        return StorageFull()
    if "database is locked" in message or state[:2] in ("40", "55"):
        return Busy()
    lost = isinstance(error, (OSError, PoolTimeout)) or getattr(error, "connection_invalidated", False)
    if lost or state[:2] in PASSING or "connection" in type(getattr(error, "orig", error)).__name__.lower():
        return DatabaseUnavailable()
    return error


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


def among(session: Session, column: Any, values: Sequence[Any]) -> ColumnElement[bool]:  # Any: column and its values
    """A column is one of many values: on PostgreSQL one parameter, where IN would make a statement for each number."""
    found: ColumnElement[bool]
    if session.info["is_sqlite"]:
        found = column.in_(values)
    else:
        found = column == any_(cast(list(values), postgresql.ARRAY(column.type)))
    return found


async def copy_in(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> bool:
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
        if is_taken(error):
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
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise of_driver(error) from error


def of_driver(error: Exception) -> DBAPIError:
    """As SQLAlchemy would have it."""
    is_integrity = str(getattr(error, "sqlstate", "")).startswith("23")
    is_theirs = isinstance(error, (OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError))
    lost = is_theirs and not isinstance(error, ValueError)  # that one says that a value cannot be sent
    return (IntegrityError if is_integrity else DBAPIError)("COPY", {}, error, connection_invalidated=lost)


def is_taken(error: IntegrityError) -> bool:
    """A unique key is there already."""
    return sqlstate(error) == "23505" or "unique constraint failed" in str(error.orig).lower()
