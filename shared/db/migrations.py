"""Migrations: one history per service, on both databases, from one environment.

A room keeps its revisions in `services/<room>/migrations/versions/`. A new one is written from the tables by

    python -m shared.db.migrations <room> "what changes"

and read once before it is committed. A revision imports nothing from the room and works with the release still running.
"""

import asyncio
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.autogenerate.api import AutogenContext
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations.ops import DowngradeOps, MigrationScript, UpgradeOps
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.db import Instant, runtime_metadata

ROOT = Path(__file__).parents[2]
LOCK_TIMEOUT = "2s"
STATEMENT_TIMEOUT = "60s"


def alembic_config(room: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "services" / room / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def metadata_of(room: str) -> list[MetaData]:
    import_module("shared.messaging.outbox")
    import_module("shared.messaging.inbox")
    return [runtime_metadata, import_module(f"services.{room}.models").Table.metadata]


async def migrate(database_url: str, room: str, *, revision: str = "head", schema: str | None = None) -> None:
    """Bring a database to a revision, up or down. Waits two seconds for locks at most."""
    await run_on_connection(database_url, lambda connection: move_to(connection, room, revision, schema))


async def is_current(database_url: str, room: str) -> bool:
    found: list[bool] = []

    def look(connection: Connection) -> None:
        heads = set(ScriptDirectory.from_config(alembic_config(room)).get_heads())
        found.append(set(MigrationContext.configure(connection).get_current_heads()) == heads)

    await run_on_connection(database_url, look)
    return found[0]


async def run_on_connection(database_url: str, work: Any) -> None:  # Any: a function of a Connection
    engine = create_async_engine(database_url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(work)
    finally:
        await engine.dispose()


def move_to(connection: Connection, room: str, revision: str, schema: str | None) -> None:
    config = alembic_config(room)
    script = ScriptDirectory.from_config(config)

    def steps(current: Any, context: MigrationContext) -> Any:  # Any: alembic's own untyped steps
        current = tuple(current) if current else ()
        if revision == "base" or (current and revision != "head" and is_older(script, revision, current)):
            return script._downgrade_revs(revision, current)
        return script._upgrade_revs(revision, current)

    with EnvironmentContext(config, script, fn=steps, destination_rev=revision) as environment:
        set_session_options(connection, schema)
        environment.configure(connection=connection, transactional_ddl=True, render_as_batch=is_sqlite(connection))
        with environment.begin_transaction():
            environment.run_migrations()


def set_session_options(connection: Connection, schema: str | None) -> None:
    if is_sqlite(connection):
        return
    connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
    connection.exec_driver_sql(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'")
    if schema:
        connection.exec_driver_sql(f'SET search_path = "{schema}"')


def is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def is_older(script: ScriptDirectory, revision: str, current: tuple[str, ...]) -> bool:
    return any(found.revision == revision for found in script.iterate_revisions(current, "base"))


def write_revision(room: str, message: str) -> None:
    """Write the next revision of a room: what its tables have and a database at its present head has not."""

    async def run() -> None:
        engine = create_async_engine("sqlite+aiosqlite://")
        async with engine.begin() as connection:
            await connection.run_sync(lambda sync: move_to(sync, room, "head", None))
            await connection.run_sync(lambda sync: write_difference(sync, room, message))
        await engine.dispose()

    asyncio.run(run())


def write_difference(connection: Connection, room: str, message: str) -> None:
    folder = ROOT / "services" / room / "migrations" / "versions"
    folder.mkdir(parents=True, exist_ok=True)
    heads = ScriptDirectory.from_config(alembic_config(room)).get_heads()
    number = f"{int(heads[0]) + 1 if heads else 1:04d}"
    changes = schema_difference(connection, room)
    assert changes.upgrade_ops is not None
    assert changes.downgrade_ops is not None
    text = TEMPLATE.format(
        message=message,
        number=repr(number),
        before=repr(heads[0] if heads else None),
        upgrade=render_revision(connection, changes.upgrade_ops),
        downgrade=render_revision(connection, changes.downgrade_ops),
    )
    (folder / f"{number}_{'_'.join(message.split())}.py").write_text(text, encoding="utf-8")


def schema_difference(connection: Connection, room: str) -> MigrationScript:
    """What the tables of the code have and the database has not."""
    options = {"target_metadata": metadata_of(room), "compare_type": True, "render_item": plain_type}
    return produce_migrations(MigrationContext.configure(connection, opts=options), metadata_of(room))  # type: ignore[arg-type]  # a list works too


def render_revision(connection: Connection, changes: UpgradeOps | DowngradeOps) -> str:
    context = MigrationContext.configure(connection, opts={"render_item": plain_type})
    return render_python_code(changes, render_as_batch=True, render_item=plain_type, migration_context=context)


def plain_type(kind: str, item: Any, _: AutogenContext) -> str | Literal[False]:  # Any: whatever alembic renders
    """Our types as those of the library: a revision outlives the code."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and type(item).__name__ == "AutoString":
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    return False


TEMPLATE = '''"""{message}"""

import sqlalchemy as sa
from alembic import op

revision = {number}
down_revision = {before}
branch_labels = None
depends_on = None


def upgrade() -> None:
    {upgrade}


def downgrade() -> None:
    {downgrade}
'''

if __name__ == "__main__":
    write_revision(sys.argv[1], sys.argv[2])
