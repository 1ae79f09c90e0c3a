"""Beside: a second set of a service's tables beside the first, and the switch from one to the other.

On PostgreSQL it is a schema of the same database, on SQLite a file beside it.
"""

from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.db import Database
from shared.migrations import migrate

LIVE, NEXT, PREVIOUS = "public", "rekap_next", "rekap_previous"
PARTS_OF_A_FILE = ("", "-wal", "-shm")


class Beside:
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

    async def make(self, room: str) -> None:
        """Empty tables, migrated; what an earlier attempt left is gone."""
        if self.is_file:
            remove(self.next)
            await migrate(self.file_url, room)
            return
        await self._execute(f"DROP SCHEMA IF EXISTS {NEXT} CASCADE", f"CREATE SCHEMA {NEXT}")
        await migrate(self.url, room, schema=NEXT)

    async def is_there(self) -> bool:
        """Whether there is something to switch to, and something to switch from."""
        if self.is_file:
            return self.next.exists() and self.live.exists()
        return await self._finds(f"SELECT 1 FROM pg_namespace WHERE nspname = '{NEXT}'")

    async def switch(self) -> None:
        """Put the tables beside in the place of the live ones, which stay for going back. Nobody may have them open."""
        if self.is_file:
            remove(self.previous)
            rename(self.live, self.previous)
            rename(self.next, self.live)
            return
        await self._execute(
            f"DROP SCHEMA IF EXISTS {PREVIOUS} CASCADE",
            f"ALTER SCHEMA {LIVE} RENAME TO {PREVIOUS}",
            f"ALTER SCHEMA {NEXT} RENAME TO {LIVE}",
        )

    async def _execute(self, *statements: str) -> None:
        """All in one transaction."""
        engine = create_async_engine(self.url, poolclass=NullPool)
        async with engine.begin() as connection:
            for statement in statements:
                await connection.execute(text(statement))
        await engine.dispose()

    async def _finds(self, query: str) -> bool:
        engine = create_async_engine(self.url, poolclass=NullPool)
        async with engine.connect() as connection:
            found = (await connection.execute(text(query))).first() is not None
        await engine.dispose()
        return found


def remove(file: Path) -> None:
    for part in PARTS_OF_A_FILE:
        Path(f"{file}{part}").unlink(missing_ok=True)


def rename(old: Path, new: Path) -> None:
    for part in PARTS_OF_A_FILE:
        if Path(f"{old}{part}").exists():
            Path(f"{old}{part}").rename(f"{new}{part}")
