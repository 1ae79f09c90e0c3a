"""Back ends of a run: one PostgreSQL that keeps what it acknowledged, one Kafka broker, both with data on a disk."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg

from tests.backends import kafka as brokers
from tests.backends import postgres as servers
from tests.backends import run

# fsync and synchronous_commit stay on: both sides of a comparison pay for what survives a power cut
DURABLE = """
max_connections = 200
shared_buffers = 256MB
max_wal_size = 4GB
checkpoint_timeout = 15min
log_min_messages = error
"""


@contextlib.contextmanager
def running() -> Iterator[None]:
    """A run of its own, unless this process belongs to one already; what it started ends with it."""
    if run.VARIABLE in os.environ:
        yield
        return
    run.begin(Path(os.environ.get("REKAP_BENCH_FOLDER", tempfile.gettempdir())))
    try:
        yield
    finally:
        run.finish()
        del os.environ[run.VARIABLE]


def postgres() -> servers.Postgres:
    """The server of this run, started by whoever asks first."""
    return servers.Postgres(run.once("postgres-durable", lambda folder: servers.start(folder, DURABLE)).where)


def kafka() -> brokers.Topics:
    """A set of topics of one's own on the broker of this run: `await make()` first, `await delete()` last."""
    return brokers.Topics(brokers.servers())


async def postgres_version() -> str:
    connection = await asyncpg.connect(postgres().url)
    try:
        return str(await connection.fetchval("SHOW server_version")).split()[0]
    finally:
        await connection.close()
