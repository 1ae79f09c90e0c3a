"""Shadow schema: a second set of a service's tables beside the live ones, and the switch between them, online.

On PostgreSQL it is a schema of the same database, switched from outside; on SQLite a file beside the live one, switched
by the process that has it open.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from shared.base.errors import Unavailable
from shared.db import Busy, Database, to_domain_error
from shared.db.migrations import migrate

LIVE, NEXT, PREVIOUS = "public", "rekap_next", "rekap_previous"
FILE_SUFFIXES = ("-wal", "-shm", "")  # the file itself last: interrupted, a renaming is simply done again
READERS_TIMEOUT_MS = (
    250  # for readers under way: shorter than a deadlock takes to be found, so none of them is thrown out
)
SWITCH_ATTEMPTS, PAUSE_SECONDS = 60, 0.5
LIST_TABLES = "SELECT string_agg(format('%I.%I', schemaname, tablename), ', ' ORDER BY tablename) FROM pg_tables"
COPY_KAFKA_OFFSETS = f"""
UPDATE {NEXT}.position n SET hint = l.hint FROM {LIVE}.position l
WHERE (n.source, n.partition) = (l.source, l.partition)
"""

# whatever others may do with the live tables they may do with those of the same name: schema, tables, single columns
COPY_GRANTS = f"""
WITH beside AS (SELECT relname FROM pg_class WHERE relnamespace = '{NEXT}'::regnamespace),
live AS (SELECT c.* FROM pg_class c JOIN beside USING (relname) WHERE relnamespace = '{LIVE}'::regnamespace),
given AS (
    SELECT a.*, 'SCHEMA {NEXT}' AS what FROM pg_namespace n, aclexplode(n.nspacl) a
    WHERE n.nspname = '{LIVE}' AND a.grantee <> n.nspowner
    UNION ALL SELECT a.*, format('{NEXT}.%I', l.relname) FROM live l, aclexplode(l.relacl) a
    WHERE a.grantee <> l.relowner
    UNION ALL SELECT a.grantor, a.grantee, format('%s (%I)', a.privilege_type, t.attname), a.is_grantable,
        format('{NEXT}.%I', l.relname)
    FROM live l JOIN pg_attribute t ON t.attrelid = l.oid, aclexplode(t.attacl) a
)
SELECT format('GRANT %s ON %s TO %s', privilege_type, what, coalesce(quote_ident(rolname), 'PUBLIC'))
FROM given LEFT JOIN pg_roles ON pg_roles.oid = grantee
"""

CatchUp = Callable[[], Awaitable[None]]


class NoShadowSchema(Exception):
    """There are no tables to go back to."""


class ShadowSchema:
    """The tables beside those of a database. url: of the live ones."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_file = make_url(url).get_backend_name() == "sqlite"
        self.live = Path(make_url(url).database or "")
        self.next, self.previous = (self.live.with_suffix(f".{name}.db") for name in (NEXT, PREVIOUS))

    def database(self) -> Database:
        """Not yet open; where facts are only folded, a power cut may take the last of them."""
        if self.is_file:
            return Database(self.file_url, durable=False)
        return Database(self.url, durable=False, schema=NEXT)

    @property
    def file_url(self) -> str:
        return f"sqlite+aiosqlite:///{self.next}"

    async def create(self, room: str) -> None:
        """Empty tables, migrated; what an earlier attempt left is gone."""
        if self.is_file:
            remove_files(self.next)
        else:
            await self._execute(f"DROP SCHEMA IF EXISTS {NEXT} CASCADE", f"CREATE SCHEMA {NEXT}")
        await self.migrate(room)

    async def migrate(self, room: str) -> None:
        if self.is_file:
            await migrate(self.file_url, room)
        else:
            await migrate(self.url, room, schema=NEXT)

    async def exists(self) -> bool:
        """Whether there is something to switch to."""
        if self.is_file:
            return self.next.exists()
        return await self._schema_exists(NEXT)

    async def restore_previous(self) -> None:
        """Make the tables that the last switch put aside those beside. Raises NothingBeside."""
        if self.is_file:
            if not self.previous.exists():
                raise NoShadowSchema
            remove_files(self.next)
            rename_files(self.previous, self.next)
            return
        if not await self._schema_exists(PREVIOUS):
            raise NoShadowSchema
        await self._execute(f"DROP SCHEMA IF EXISTS {NEXT} CASCADE", f"ALTER SCHEMA {PREVIOUS} RENAME TO {NEXT}")

    def switch_files(self) -> None:
        """Put the file beside in the place of the live one, which stays for going back. Nobody may have them open."""
        if self.live.exists():  # else it was interrupted half-way
            remove_files(self.previous)
        rename_files(self.live, self.previous)
        rename_files(self.next, self.live)

    async def switch(self, catch_up: CatchUp) -> None:
        """Put the tables beside in the place of the live ones, which stay for going back, while those are read.

        follow: brings the tables beside to where the live ones stand; nobody moves these meanwhile. Raises Busy where
        readers never pause.
        """
        for _ in range(SWITCH_ATTEMPTS):
            try:
                await self._switch(catch_up)
                return
            except DBAPIError as error:
                if not isinstance(to_domain_error(error), Unavailable):
                    raise
            await asyncio.sleep(PAUSE_SECONDS)
        raise Busy

    async def _switch(self, catch_up: CatchUp) -> None:
        engine = create_async_engine(self.url, poolclass=NullPool)
        try:
            async with engine.begin() as connection:
                await lock_positions(connection)
                await catch_up()
                await lock_tables(connection)
                rights = (await connection.execute(text(COPY_GRANTS))).scalars()
                for statement in (COPY_KAFKA_OFFSETS, *rights, *SWITCH_SCHEMAS):
                    await connection.execute(text(statement))
        finally:
            await engine.dispose()

    async def _execute(self, *statements: str) -> None:
        """All in one transaction."""
        engine = create_async_engine(self.url, poolclass=NullPool)
        async with engine.begin() as connection:
            for statement in statements:
                await connection.execute(text(statement))
        await engine.dispose()

    async def _schema_exists(self, schema: str) -> bool:
        engine = create_async_engine(self.url, poolclass=NullPool)
        async with engine.connect() as connection:
            query = text("SELECT 1 FROM pg_namespace WHERE nspname = :schema")
            found = (await connection.execute(query, {"schema": schema})).first() is not None
        await engine.dispose()
        return found


SWITCH_SCHEMAS = (
    f"DROP SCHEMA IF EXISTS {PREVIOUS} CASCADE",
    f"ALTER SCHEMA {LIVE} RENAME TO {PREVIOUS}",
    f"ALTER SCHEMA {NEXT} RENAME TO {LIVE}",
)


async def lock_positions(connection: AsyncConnection) -> None:
    """Let nobody move a position of the live tables; reading goes on. A switcher that is paused here is thrown out."""
    await connection.execute(text("SET LOCAL lock_timeout = '5s'"))
    await connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = '60s'"))
    await connection.execute(text(f"LOCK TABLE {LIVE}.position IN EXCLUSIVE MODE"))


async def lock_tables(connection: AsyncConnection) -> None:
    """Wait until nobody reads the live tables, so that no snapshot sees some of the old and some of the new.

    Who comes meanwhile waits, and finds the new tables by their names.
    """
    tables = (await connection.execute(text(f"{LIST_TABLES} WHERE schemaname = '{LIVE}'"))).scalar_one()
    await connection.execute(text(f"SET LOCAL lock_timeout = '{READERS_TIMEOUT_MS}ms'"))
    await connection.execute(text(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE"))


def remove_files(file: Path) -> None:
    for part in FILE_SUFFIXES:
        Path(f"{file}{part}").unlink(missing_ok=True)


def rename_files(old: Path, new: Path) -> None:
    for part in FILE_SUFFIXES:
        if Path(f"{old}{part}").exists():
            Path(f"{old}{part}").rename(f"{new}{part}")
