"""Database templates: a service's database is brought into shape once per run; tests get copies."""

import asyncio
import shutil
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy.ext.asyncio import create_async_engine

from shared.db import Database, runtime_metadata
from shared.db.migrations import ROOT, migrate
from shared.messaging import outbox
from tests.backends import run_state

MIGRATIONS_OF = ROOT / "services"

if TYPE_CHECKING:
    from shared.service import Service


async def prepare_database(service: "Service", url: str) -> None:
    """Bring an empty database to where a service would begin: by its migrations, if it has any yet."""
    if any((MIGRATIONS_OF / service.name / "migrations" / "versions").glob("*.py")):
        await migrate(url, service.name)
    else:
        engine = create_async_engine(url)
        async with engine.begin() as connection:
            await connection.run_sync(service.metadata.create_all)
            await connection.run_sync(runtime_metadata.create_all)
        await engine.dispose()
    database = Database(url)
    await database.open()
    await outbox.initialize_outbox(database)
    await database.close()


async def sqlite_copy(service: "Service", folder: Path) -> str:
    """The URL of a fresh SQLite file in a folder, copied from one prepared once per run."""
    template = run_state.run_folder() / f"template-{service.name}.sqlite"
    lock = run_state.locked(template.name)
    await asyncio.to_thread(lock.__enter__)
    try:
        if not template.exists():
            unfinished = template.with_suffix(".unfinished")
            await prepare_database(service, sqlite_url(unfinished))
            unfinished.rename(template)  # the last connection is closed: no -wal beside it
    finally:
        lock.__exit__(None, None, None)
    fresh = folder / f"{service.name}-{uuid4().hex[:8]}.sqlite"
    shutil.copyfile(template, fresh)
    return sqlite_url(fresh)


def sqlite_url(file: Path) -> str:
    return f"sqlite+aiosqlite:///{file}"
