"""Database roles: of each service one that owns and migrates, and one that serves, which has no DDL.

`python -m deploy.roles FOLDER` makes them, once per installation, from the URLs that `deploy.secret_files` wrote. What
the serving role may do with each table is granted by `rekap migrate SERVICE --role ROLE`, anew after each migration.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import asyncpg
import typer
from sqlalchemy import URL
from sqlalchemy.engine import make_url

from shared.db.migrations import metadata_of
from shared.settings import PORTS

SERVICES = tuple(PORTS)
USUAL_RIGHTS = "SELECT, INSERT, UPDATE"
RIGHTS_OF_TABLE = {  # where they are not the usual ones
    "outbox": "SELECT, INSERT",  # kept for good, as it was said
    "numbered": "SELECT, INSERT",
    "unnumbered": "SELECT, INSERT, DELETE",
    "history": "SELECT, INSERT",
    "parked_event": f"{USUAL_RIGHTS}, DELETE",  # folded at last, it is no longer parked
    "posting": "SELECT, INSERT",
    "leg": "SELECT, INSERT",
    "look_up": "INSERT",
    "import_part": f"{USUAL_RIGHTS}, DELETE",  # taken, it is gone
    "current": f"{USUAL_RIGHTS}, DELETE",  # a cache, counted anew
    "alembic_version": "SELECT",
}


async def make_roles(admin: str, owner: str, serving: str) -> None:
    """Two roles and a database that the first owns, and nobody else enters. Done again it sets the passwords anew.

    Three URLs: of a superuser, of the owner, of the service.
    """
    owns, serves = make_url(owner), make_url(serving)
    connection = await asyncpg.connect(driver_url(make_url(admin)), timeout=10)
    try:
        for url in (owns, serves):
            await make_role(connection, url)
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", owns.database):
            await connection.execute(
                f"CREATE DATABASE {quote_identifier(owns.database)} OWNER {quote_identifier(owns.username)}"
            )
        await connection.execute(f"REVOKE ALL ON DATABASE {quote_identifier(owns.database)} FROM PUBLIC")
        await connection.execute(
            f"GRANT CONNECT ON DATABASE {quote_identifier(owns.database)} TO {quote_identifier(serves.username)}"
        )
    finally:
        await connection.close(timeout=5)


async def make_role(connection: asyncpg.Connection, url: URL) -> None:
    if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", url.username):
        await connection.execute(f"CREATE ROLE {quote_identifier(url.username)} LOGIN")
    # no placeholder goes into DDL, so the server itself does the quoting
    words = (
        "SELECT format('ALTER ROLE %I WITH LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD %L', $1::text, $2::text)"
    )
    await connection.execute(await connection.fetchval(words, url.username, url.password or ""))


async def grant_rights(owner: str, service: str, role: str, *, schema: str = "public") -> None:
    """What the serving role may do, table by table, and nothing else. owner: the URL of the owning role."""
    connection = await asyncpg.connect(driver_url(make_url(owner)), timeout=10)
    try:
        async with connection.transaction():
            for statement in grant_statements(service, role, schema):
                await connection.execute(statement)
    finally:
        await connection.close(timeout=5)


def grant_statements(service: str, role: str, schema: str) -> Iterator[str]:
    to, inside = quote_identifier(role), quote_identifier(schema)
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA {inside} FROM {to}"
    yield f"GRANT USAGE ON SCHEMA {inside} TO {to}"
    for name in ("alembic_version", *(table for metadata in metadata_of(service) for table in metadata.tables)):
        yield f"GRANT {RIGHTS_OF_TABLE.get(name, USUAL_RIGHTS)} ON {inside}.{quote_identifier(name)} TO {to}"


def driver_url(url: URL) -> str:
    """As the driver itself reads it."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def quote_identifier(name: str | None) -> str:
    return '"' + (name or "").replace('"', '""') + '"'


def main(folder: Annotated[Path, typer.Argument(help="With the files that `deploy.secret_files` wrote.")]) -> None:
    """Make the roles and databases of all services."""
    admin = (folder / "rekap_admin_url").read_text().strip()
    for name in SERVICES:
        owner, serving = (
            (folder / f"rekap_{name}_{which}").read_text().strip() for which in ("owner_url", "database_url")
        )
        asyncio.run(make_roles(admin, owner, serving))
        print(f"{name}: roles and database are there")


if __name__ == "__main__":
    typer.run(main)
