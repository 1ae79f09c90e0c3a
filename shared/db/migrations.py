"""Migrations: one history per service, on both databases, from one alembic environment.

A room keeps its revisions in `services/<room>/migrations/versions/`. A new one is written from the tables by

    python -m shared.db.migrations <room> "what changes"

and read once before it is committed. A revision imports nothing from the room and works with the release still running.
"""

import asyncio
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool, StaticPool

from shared.db.tables import runtime_metadata

ROOT = Path(__file__).parents[2]
LOCK_TIMEOUT = "2s"
STATEMENT_TIMEOUT = "60s"


def alembic_config(room: str, connection: Connection | None = None) -> Config:
    """connection: what the environment runs on, in the transaction that is open there."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).with_name("alembic_environment")))
    config.set_main_option("version_locations", str(versions_folder(room)))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return config


def versions_folder(room: str) -> Path:
    return ROOT / "services" / room / "migrations" / "versions"


def metadata_of(room: str) -> list[MetaData]:
    """The tables of a room: those of every service, and its own."""
    import_module("shared.messaging.outbox")
    import_module("shared.messaging.inbox")
    return [runtime_metadata, import_module(f"services.{room}.main").service.metadata]


async def migrate(database_url: str, room: str, *, revision: str = "head", schema: str | None = None) -> None:
    """Bring a database to a revision, up or down. Waits two seconds for locks at most."""

    def move(connection: Connection) -> None:
        set_session_options(connection, schema)
        config = alembic_config(room, connection)
        (command.downgrade if is_below(connection, config, revision) else command.upgrade)(config, revision)

    await run_on_connection(database_url, move)


def is_below(connection: Connection, config: Config, revision: str) -> bool:
    """Whether a revision lies below the one that the database has."""
    if revision in ("base", "head"):
        return revision == "base"
    current = MigrationContext.configure(connection).get_current_heads()
    script = ScriptDirectory.from_config(config)
    return any(found.revision == revision for found in script.iterate_revisions(current, "base"))


async def is_current(database_url: str, room: str) -> bool:
    found: list[bool] = []

    def look(connection: Connection) -> None:
        heads = set(ScriptDirectory.from_config(alembic_config(room)).get_heads())
        found.append(set(MigrationContext.configure(connection).get_current_heads()) == heads)

    await run_on_connection(database_url, look)
    return found[0]


async def schema_difference(database_url: str, room: str) -> list[Any]:  # Any: alembic's own description
    """What the tables of the code have and the database has not, or the other way round; empty where they agree."""
    found: list[Any] = []

    def look(connection: Connection) -> None:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found.extend(compare_metadata(context, metadata_of(room)))  # type: ignore[arg-type]  # a list works too

    await run_on_connection(database_url, look)
    return found


async def run_on_connection(database_url: str, work: Any) -> None:  # Any: a function of a Connection
    engine = create_async_engine(database_url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(work)
    finally:
        await engine.dispose()


def set_session_options(connection: Connection, schema: str | None) -> None:
    if connection.dialect.name == "sqlite":
        return
    connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
    connection.exec_driver_sql(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'")
    if schema:
        connection.exec_driver_sql(f'SET search_path = "{schema}"')


async def write_revision(room: str, message: str) -> None:
    """Write the next revision of a room: what its tables have and a database at its present head has not."""
    versions_folder(room).mkdir(parents=True, exist_ok=True)

    def write(connection: Connection) -> None:
        config = alembic_config(room, connection)
        config.attributes["target_metadata"] = metadata_of(room)
        command.upgrade(config, "head")
        heads = ScriptDirectory.from_config(config).get_heads()
        number = f"{int(heads[0]) + 1 if heads else 1:04d}"
        command.revision(config, message, autogenerate=True, rev_id=number, version_path=str(versions_folder(room)))

    engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
    async with engine.begin() as connection:
        await connection.run_sync(write)
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(write_revision(sys.argv[1], sys.argv[2]))
