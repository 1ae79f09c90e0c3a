"""G11: the report of a district from `current`; G12: the report of the nation, worked out and once more."""

import time
from collections.abc import Sequence

from benchmarks import filled_read_models, harness
from benchmarks.harness import Bench, Goal, Measured
from benchmarks.server_process import closed_loop_rate, connect, request_bytes, run_service, run_yardstick
from shared.base import areas

DISTRICT = Goal("G11", "district report, JSON", "one bare asyncpg query of the same rows, bare FastAPI", 0.6, 0.8)
COLD = Goal("G12 cold", "nation, 514 districts, worked out", "absolute", 300, 150, unit="ms", most=True)
WARM = Goal("G12 warm", "nation, 514 districts, again", "absolute", 30, 15, unit="ms", most=True)
REQUESTS, CLIENTS = 2000, 16
SANGGAU = "61.03"
REPETITIONS = 20


async def measure(bench: Bench) -> Sequence[Measured]:
    url = await bench.postgres().make_database()
    await filled_read_models.fill_read_models(url, areas.districts_in(areas.NATION))
    warm: list[float] = []

    async def nation() -> float:
        """A process of its own each time: nothing is kept in it. -> milliseconds of the first answer."""
        async with run_service("reporting", bench.folder, url) as port, connect(port) as client:
            seconds = []
            for _ in range(1 + REPETITIONS):
                began = time.perf_counter()
                status, body = await client.ask(request_bytes("GET", "/v1/reports/00"))
                seconds.append(time.perf_counter() - began)
                assert status == 200, body[:300]
        warm.append(1000 * sorted(seconds[1:])[REPETITIONS // 2])
        return 1000 * seconds[0]

    async with (
        run_service("reporting", bench.folder, url) as port,
        run_yardstick(bench.folder, url.replace("+asyncpg", "")) as bare,
    ):

        async def report() -> float:
            return await closed_loop_rate(
                port, [request_bytes("GET", f"/v1/reports/{SANGGAU}")] * REQUESTS, 200, clients=CLIENTS
            )

        async def rows() -> float:
            return await closed_loop_rate(
                bare, [request_bytes("GET", f"/reports/{SANGGAU}")] * REQUESTS, 200, clients=CLIENTS
            )

        async def uncached() -> float:
            """Each of another day: all is read and worked out anew."""
            asked = [f"/v1/reports/{SANGGAU}?as_of=2026-0{1 + day // 28}-{1 + day % 28:02}" for day in range(28 * 8)]
            return await closed_loop_rate(port, [request_bytes("GET", each) for each in asked], 200, clients=CLIENTS)

        worked_out = round(await uncached(), 1)
        district = await bench.compare(DISTRICT, report, rows, size="requests/s", worked_out_anew=worked_out)
    cold = await bench.each(COLD, nation)
    return [district, cold, Measured(WARM, warm)]


if __name__ == "__main__":
    harness.main([DISTRICT, COLD, WARM], measure)
