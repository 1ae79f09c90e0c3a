"""A service's database: one transaction per request or batch, opened and closed by the lifespan."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from functools import cache, partial
from threading import Thread
from typing import Any
from weakref import WeakSet

import asyncpg
from sqlalchemy import Select
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.base.errors import OutcomeUnknown
from shared.db.engines import BUSY_SECONDS, postgres_engine, sqlite_engine
from shared.db.errors import (
    DATABASE_ERRORS,
    DRIVER_ERRORS,
    Busy,
    is_connection_lost,
    to_domain_error,
    wrap_driver_error,
)

Session = AsyncSession

commit_started: ContextVar[bool] = ContextVar("committing", default=False)  # or committed already, in the present task


class ReaderGate:
    """Many may be inside together; closed, it lets nobody in and waits until all are out."""

    def __init__(self) -> None:
        self._inside = 0
        self._open, self._empty = asyncio.Event(), asyncio.Event()
        self._open.set()

    @asynccontextmanager
    async def shared(self) -> AsyncIterator[None]:
        await self._open.wait()
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1
            if not self._inside:
                self._empty.set()

    @asynccontextmanager
    async def exclusive(self, within_seconds: float) -> AsyncIterator[None]:
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
        pool_size: int = 15,
    ) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self.publishes = frozenset(publishes)
        self.durable, self.schema, self.pool_size = durable, schema, pool_size
        self.commits = 0  # of this process; see `wait_for_commit`
        self._waiting: set[asyncio.Future[None]] = set()
        self._threads: WeakSet[Thread] = WeakSet()  # of connections to SQLite
        self._writer: AsyncEngine | None = None
        self._reader: AsyncEngine | None = None
        self._one_writer = asyncio.Lock()  # SQLite: queue here, in order, instead of polling its lock
        self._readers = ReaderGate()

    async def open(self) -> None:
        if self.is_sqlite:
            engine = partial(sqlite_engine, self.url, durable=self.durable, threads=self._threads)
            self._writer = engine(read_only=False, pool_size=1)
            self._reader = engine(read_only=True, pool_size=self.pool_size)
        else:
            self._writer = self._reader = postgres_engine(self.url, schema=self.schema, pool_size=self.pool_size)

    async def close(self) -> None:
        for engine in {self._writer, self._reader} - {None}:
            assert engine is not None
            await engine.dispose()
        self._writer = self._reader = None
        for thread in list(self._threads):  # of one whose caller was cancelled: it may be at work still
            await asyncio.to_thread(thread.join, BUSY_SECONDS)

    async def fetch_all(self, query: Select[Any]) -> tuple[Sequence[Any], ...]:  # Any: values of columns
        """The rows of a query without parameters, as plain values: SQLAlchemy's own are slow to compare.

        Of the moment it is asked. Raises what `autocommit` raises.
        """
        if self.is_sqlite:
            async with self.autocommit() as connection:
                return tuple(map(tuple, await connection.execute(query)))
        async with self.raw_connection() as raw:
            return tuple(await raw.fetch(compile_statement(query)))

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Session]:
        """One transaction, committed at the end, rolled back on any error.

        Raises Busy, DatabaseUnavailable, StorageFull (nothing was done) and OutcomeUnknown (lost while committing).
        """
        async with self.exclusive_writer(), self._transaction(self.writer) as session:
            yield session

    @asynccontextmanager
    async def exclusive_writer(self) -> AsyncIterator[None]:
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

    async def replace_files(self, change: Callable[[], None]) -> None:
        """Close the files, let `change` put others in their place, open those; whoever reads meanwhile waits.

        For SQLite, as exclusive writer. Raises Busy, with nothing changed, where somebody reads on for too long.
        """
        async with self._readers.exclusive(BUSY_SECONDS):
            await self.close()
            try:
                change()
            finally:
                await self.open()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Session]:
        """One snapshot for all that is read inside. Raises Busy, DatabaseUnavailable: also where only its end fails."""
        async with self._readers.shared():
            try:
                async with AsyncSession(self.reader, expire_on_commit=False) as session:
                    session.info["is_sqlite"] = self.is_sqlite
                    if not self.is_sqlite:
                        await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
                    yield session
            except DATABASE_ERRORS as error:
                raise to_domain_error(error) from error

    @asynccontextmanager
    async def autocommit(self, *, writes: bool = False) -> AsyncIterator[AsyncConnection]:
        """For a single statement, a snapshot and a transaction of its own: one round trip instead of three.

        For what may be done twice: a write lost on its way raises DatabaseUnavailable as any other.
        """
        if self.is_sqlite:
            async with self.write() if writes else self.read() as session:
                yield await session.connection()
            return
        try:
            async with self.reader.connect() as connection:
                yield await connection.execution_options(isolation_level="AUTOCOMMIT")
        except DATABASE_ERRORS as error:
            raise to_domain_error(error) from error

    @asynccontextmanager
    async def raw_connection(self, *, once: bool = False) -> AsyncIterator[asyncpg.Connection]:
        """The driver of PostgreSQL itself, with nothing begun: SQLAlchemy takes as long again around each statement.

        Raises what `autocommit` raises. once: what may not be done twice; lost on its way raises OutcomeUnknown.
        """
        try:
            async with self.writer.connect() as connection:
                raw = await open_raw_connection(connection)
                try:
                    yield raw
                except DRIVER_ERRORS as error:
                    raise wrap_driver_error(error) from error
                finally:
                    if raw.is_in_transaction():  # of whoever was cancelled: nobody else may go on with it
                        await connection.invalidate()
        except DBAPIError as error:
            raise (OutcomeUnknown() if once and is_connection_lost(error) else to_domain_error(error)) from error
        except DATABASE_ERRORS as error:  # of connecting
            raise to_domain_error(error) from error

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine) -> AsyncIterator[Session]:
        async with AsyncSession(engine, expire_on_commit=False) as session:
            session.info.update(is_sqlite=self.is_sqlite, publishes=self.publishes, before_commit=[])
            try:
                yield session
                for last in session.info["before_commit"]:
                    await last(session)
                await session.flush()
            except DATABASE_ERRORS as error:
                await rollback_quietly(session.rollback())
                raise to_domain_error(error) from error
            except BaseException:
                await rollback_quietly(session.rollback())
                raise
            commit_started.set(
                True
            )  # and stays so: if time runs out from here on, nobody may say that nothing was stored
            await self._commit(session)
            self._notify_changed()

    async def wait_for_commit(self, since: int, within_seconds: float) -> None:
        """Until this process committed something after `since` commits, or the time is over. For SQLite."""
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

    def _notify_changed(self) -> None:
        self.commits += 1
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)

    async def _commit(self, session: Session) -> None:
        try:
            await session.commit()
        except IntegrityError:
            raise
        except DATABASE_ERRORS as error:
            unknown = is_connection_lost(error) and not self.is_sqlite
            raise (OutcomeUnknown() if unknown else to_domain_error(error)) from error

    @property
    def writer(self) -> AsyncEngine:
        assert self._writer is not None, "the database is not open"
        return self._writer

    @property
    def reader(self) -> AsyncEngine:
        assert self._reader is not None, "the database is not open"
        return self._reader


@cache
def compile_statement(query: Select[Any]) -> str:  # Any: a row
    return str(query.compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]  # as SQLAlchemy has it


async def open_raw_connection(connection: AsyncConnection) -> Any:  # Any: unknown to SQLAlchemy
    """Another one where the server went away meanwhile."""
    while (found := (await connection.get_raw_connection()).driver_connection).is_closed():  # type: ignore[union-attr]
        await connection.invalidate()
    return found


async def rollback_quietly(rollback: Any) -> None:  # Any: an awaitable of the session
    """A rollback on a broken connection must not hide what broke it."""
    try:
        await rollback
    except DATABASE_ERRORS:
        return
