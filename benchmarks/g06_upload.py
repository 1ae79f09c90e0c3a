"""G6 and G7: 5,000 recordings in one upload, fresh and once more; G10: a POST beside such uploads."""

import json
import time
from collections.abc import Sequence
from pathlib import Path

import asyncpg

from benchmarks import capture_requests, harness
from benchmarks.harness import Bench, Goal, Measured, quantile
from benchmarks.server_process import (
    bearer,
    connect,
    ndjson_body,
    open_loop_latencies,
    request_bytes,
    run_beside_load,
    run_service,
)
from services.recording.main import service
from shared.http.ndjson import LINES_PER_TRANSACTION
from tests.backends.database_templates import prepare_database

FRESH = Goal(
    "G6", "upload of 5,000 fresh recordings", "bare asyncpg COPY of the same rows, as many a commit", 0.7, 0.85
)
KNOWN = Goal("G7", "the same upload again", "the same COPY", 0.6, 0.7)
BUSY = Goal("G10", "p99 of a POST at 300/s beside uploads", "the same POST alone", 5, 3, most=True)
LINES, EACH_SECOND, SECONDS = 5000, 300, 10
UPLOADS_AT_MOST = 60  # beside posts: no more fit into the time


async def measure(bench: Bench) -> Sequence[Measured]:
    server = bench.postgres()
    ours, bare = await server.make_database(), await server.make_database()
    for url in (ours, bare):
        await prepare_database(service, url)
    yardstick = Copies(await asyncpg.connect(bare.replace("+asyncpg", "")), bench.folder)
    async with run_service("recording", bench.folder, ours) as port:
        uploads = Uploads(port, bearer("recording", bench.folder, "recording:write"))
        return [
            await bench.compare(FRESH, uploads.fresh, yardstick.copy, lines=LINES, size="rows/s"),
            await bench.compare(KNOWN, uploads.known, yardstick.copy, lines=LINES, size="rows/s"),
            await bench.compare(BUSY, uploads.beside_posts, uploads.posts, size="ms"),
        ]


class Copies:
    """The same rows by bare COPY, as many in a commit."""

    def __init__(self, connection: asyncpg.Connection, folder: Path) -> None:
        self.connection, self.folder = connection, folder

    async def copy(self) -> float:
        """-> rows a second."""
        rows = capture_requests.stored_rows(capture_requests.request_bodies(LINES), self.folder)
        columns, values = list(rows[0]), [tuple(row.values()) for row in rows]
        began = time.perf_counter()
        for start in range(0, LINES, LINES_PER_TRANSACTION):
            async with self.connection.transaction():
                await self.connection.copy_records_to_table(
                    "recording", records=values[start : start + LINES_PER_TRANSACTION], columns=columns
                )
        return LINES / (time.perf_counter() - began)


class Uploads:
    """What a client asks of the product."""

    def __init__(self, port: int, token: str) -> None:
        self.port, self.token = port, token
        self.last = b""

    def made(self) -> bytes:
        """Of persons who were never recorded."""
        lines = ndjson_body(capture_requests.request_bodies(LINES))
        return request_bytes("POST", "/v1/recording-uploads", lines, token=self.token, media="application/x-ndjson")

    async def send(self, upload: bytes, result: str) -> float:
        """-> lines a second, all with this result."""
        async with connect(self.port) as client:
            began = time.perf_counter()
            _, body = await client.ask(upload)
            seconds = time.perf_counter() - began
        assert json.loads(body.splitlines()[-1])["summary"][result] == LINES
        return LINES / seconds

    async def fresh(self) -> float:
        self.last = self.made()
        return await self.send(self.last, "created")

    async def known(self) -> float:
        return await self.send(self.last, "unchanged")

    async def posts(self) -> float:
        """-> p99 in ms."""
        asked = [
            request_bytes("POST", "/v1/recordings", json.dumps(body).encode(), token=self.token)
            for body in capture_requests.request_bodies(EACH_SECOND * SECONDS)
        ]
        return 1000 * quantile(await open_loop_latencies(self.port, asked, 201, each_second=EACH_SECOND), 0.99)

    async def beside_posts(self) -> float:
        """-> p99 of the posts in ms."""
        waiting = [self.made() for _ in range(UPLOADS_AT_MOST)]

        async def load() -> None:
            await self.send(waiting.pop(), "created")

        found: float = await run_beside_load(load, self.posts())
        return found


if __name__ == "__main__":
    harness.main([FRESH, KNOWN, BUSY], measure)
