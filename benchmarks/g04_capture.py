"""G4 and G5: a recording posted, with token, strict reader, sealed number, retry check and event, on PostgreSQL."""

import json
from collections.abc import Sequence

from benchmarks import captures, harness
from benchmarks.harness import Bench, Goal, Measured, quantile
from benchmarks.serving import bearer, head, latencies, product, rate, yardstick
from services.recording.main import service
from tests.backends.schema import prepare

MANY = Goal("G4", "POST /v1/recordings", "bare FastAPI, pydantic and asyncpg, one INSERT", 0.8, 1.1)
SLOW = Goal("G5", "p99 of that POST at 300/s, one worker", "the bare route without storage", 3, 2, most=True)
REQUESTS, CLIENTS, EACH_SECOND, SECONDS = 4000, 32, 300, 10


async def measure(bench: Bench) -> Sequence[Measured]:
    server = bench.postgres()
    ours, bare = await server.make_database(), await server.make_database()
    for url in (ours, bare):
        await prepare(service, url)
    token = bearer("recording", bench.folder, "recording:write")

    def posts(number: int) -> list[bytes]:
        return [head("POST", "/v1/recordings", json.dumps(b).encode(), token=token) for b in captures.bodies(number)]

    def rows(number: int, path: str) -> list[bytes]:
        found = captures.rows(captures.bodies(number), bench.folder)
        return [head("POST", path, captures.as_json(row)) for row in found]

    async with (
        product("recording", bench.folder, ours) as port,
        yardstick(bench.folder, bare.replace("+asyncpg", "")) as bare_port,
    ):

        async def capture() -> float:
            return await rate(port, posts(REQUESTS), 201, clients=CLIENTS)

        async def insert() -> float:
            return await rate(bare_port, rows(REQUESTS, "/recordings"), 201, clients=CLIENTS)

        async def capture_slowest() -> float:
            return 1000 * quantile(
                await latencies(port, posts(EACH_SECOND * SECONDS), 201, each_second=EACH_SECOND), 0.99
            )

        async def nothing_slowest() -> float:
            sent = rows(EACH_SECOND * SECONDS, "/nothing")
            return 1000 * quantile(await latencies(bare_port, sent, 201, each_second=EACH_SECOND), 0.99)

        return [
            await bench.compare(MANY, capture, insert, clients=CLIENTS, size="requests/s"),
            await bench.compare(SLOW, capture_slowest, nothing_slowest, size="ms"),
        ]


if __name__ == "__main__":
    harness.main([MANY, SLOW], measure)
