"""G4 and G5: a recording posted, with token, strict reader, sealed number, retry check and event, on PostgreSQL."""

import json
from collections.abc import Sequence

from benchmarks import capture_requests, harness
from benchmarks.harness import Bench, Goal, Measured, quantile
from benchmarks.server_process import (
    bearer,
    closed_loop_rate,
    open_loop_latencies,
    request_bytes,
    run_service,
    run_yardstick,
)
from services.recording.main import service
from tests.backends.database_templates import prepare_database

MANY = Goal("G4", "POST /v1/recordings", "bare FastAPI, pydantic and asyncpg, one INSERT", 0.8, 1.1)
PLAIN = Goal("G4 plain", "the same without group commit", "the same bare route")
SLOW = Goal("G5", "p99 of that POST at 300/s, one worker", "the bare route without storage", 3, 2, most=True)
REQUESTS, CLIENTS, EACH_SECOND, SECONDS = 4000, 32, 300, 10


async def measure(bench: Bench) -> Sequence[Measured]:
    server = bench.postgres()
    ours, plain, bare = [await server.make_database() for _ in range(3)]
    for url in (ours, plain, bare):
        await prepare_database(service, url)
    token = bearer("recording", bench.folder, "recording:write")

    def posts(number: int) -> list[bytes]:
        return [
            request_bytes("POST", "/v1/recordings", json.dumps(b).encode(), token=token)
            for b in capture_requests.request_bodies(number)
        ]

    def rows(number: int, path: str) -> list[bytes]:
        found = capture_requests.stored_rows(capture_requests.request_bodies(number), bench.folder)
        return [request_bytes("POST", path, capture_requests.as_json(row)) for row in found]

    async with (
        run_service("recording", bench.folder, ours) as port,
        run_service("recording", bench.folder, plain, plain=True) as plain_port,
        run_yardstick(bench.folder, bare.replace("+asyncpg", "")) as bare_port,
    ):

        async def capture() -> float:
            return await closed_loop_rate(port, posts(REQUESTS), 201, clients=CLIENTS)

        async def capture_plainly() -> float:
            return await closed_loop_rate(plain_port, posts(REQUESTS), 201, clients=CLIENTS)

        async def insert() -> float:
            return await closed_loop_rate(bare_port, rows(REQUESTS, "/recordings"), 201, clients=CLIENTS)

        async def capture_slowest() -> float:
            return 1000 * quantile(
                await open_loop_latencies(port, posts(EACH_SECOND * SECONDS), 201, each_second=EACH_SECOND), 0.99
            )

        async def nothing_slowest() -> float:
            sent = rows(EACH_SECOND * SECONDS, "/nothing")
            return 1000 * quantile(await open_loop_latencies(bare_port, sent, 201, each_second=EACH_SECOND), 0.99)

        return [
            await bench.compare(MANY, capture, insert, clients=CLIENTS, size="requests/s"),
            await bench.compare(PLAIN, capture_plainly, insert, clients=CLIENTS, size="requests/s"),
            await bench.compare(SLOW, capture_slowest, nothing_slowest, size="ms"),
        ]


if __name__ == "__main__":
    harness.main([MANY, PLAIN, SLOW], measure)
