"""G6 and G7: 5,000 recordings in one upload, fresh and once more; G10: a POST beside such uploads."""

import json
import time
from collections.abc import Sequence

import asyncpg

from benchmarks import captures, harness
from benchmarks.harness import Bench, Goal, Measured, quantile
from benchmarks.serving import as_lines, bearer, beside, connected, head, latencies, product
from services.recording.main import service
from shared.http.ndjson import GROUP
from tests.backends.schema import prepare

FRESH = Goal(
    "G6", "upload of 5,000 fresh recordings", "bare asyncpg COPY of the same rows, as many a commit", 0.7, 0.85
)
KNOWN = Goal("G7", "the same upload again", "the same COPY", 0.6, 0.7)
BUSY = Goal("G10", "p99 of a POST at 300/s beside uploads", "the same POST alone", 5, 3, most=True)
LINES, EACH_SECOND, SECONDS = 5000, 300, 10


async def measure(bench: Bench) -> Sequence[Measured]:
    server = bench.postgres()
    ours, bare = await server.make_database(), await server.make_database()
    for url in (ours, bare):
        await prepare(service, url)
    token = bearer("recording", bench.folder, "recording:write")
    connection = await asyncpg.connect(bare.replace("+asyncpg", ""))
    sent: list[bytes] = []

    def an_upload() -> bytes:
        return head(
            "POST", "/v1/recording-uploads", as_lines(captures.bodies(LINES)), token=token, media="application/x-ndjson"
        )

    async with product("recording", bench.folder, ours) as port:

        async def send(upload: bytes, result: str) -> float:
            async with connected(port) as client:
                began = time.perf_counter()
                _, body = await client.ask(upload)
                seconds = time.perf_counter() - began
            assert json.loads(body.splitlines()[-1])["summary"][result] == LINES
            return LINES / seconds

        async def fresh() -> float:
            sent[:] = [an_upload()]
            return await send(sent[0], "created")

        async def known() -> float:
            return await send(sent[0], "unchanged")

        async def copy() -> float:
            rows = captures.rows(captures.bodies(LINES), bench.folder)
            columns, values = list(rows[0]), [tuple(row.values()) for row in rows]
            began = time.perf_counter()
            for start in range(0, LINES, GROUP):
                async with connection.transaction():
                    await connection.copy_records_to_table(
                        "recording", records=values[start : start + GROUP], columns=columns
                    )
            return LINES / (time.perf_counter() - began)

        async def alone() -> float:
            posts = [
                head("POST", "/v1/recordings", json.dumps(body).encode(), token=token)
                for body in captures.bodies(EACH_SECOND * SECONDS)
            ]
            return 1000 * quantile(await latencies(port, posts, 201, each_second=EACH_SECOND), 0.99)

        async def beside_uploads() -> float:
            async def load() -> None:
                await send(uploads.pop(), "created")

            uploads = [an_upload() for _ in range(UPLOADS_AT_MOST)]
            found: float = await beside(load, alone())
            return found

        return [
            await bench.compare(FRESH, fresh, copy, lines=LINES, size="rows/s"),
            await bench.compare(KNOWN, known, copy, lines=LINES, size="rows/s"),
            await bench.compare(BUSY, beside_uploads, alone, size="ms"),
        ]


UPLOADS_AT_MOST = 30  # no more fit into the time


if __name__ == "__main__":
    harness.main([FRESH, KNOWN, BUSY], measure)
