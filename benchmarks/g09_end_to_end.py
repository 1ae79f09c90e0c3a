"""G9: from the start of a request to the changed figure, through four real processes, Kafka and PostgreSQL."""

import asyncio
import time
from collections.abc import Sequence

import asyncpg

from benchmarks import harness
from benchmarks.harness import Bench, Goal, Measured, quantile
from benchmarks.server_process import GIVEN_UP_SECONDS, ndjson_body, open_loop_latencies, request_bytes
from tests import factories
from tests.journeys.stack import Stack

RATES = (200, 500)
GOALS = [
    Goal(f"G9 {rate}/s", f"request to figure, p99 at {rate}/s", "an idle machine", 100, 40, "ms", most=True)
    for rate in RATES
]
SECONDS = 6
POLL_SECONDS = 0.002
RECORDED = "SELECT coalesce(sum(value), 0)::int FROM tally WHERE metric = 'recorded'"


async def measure(bench: Bench) -> Sequence[Measured]:
    stack = bench.stack()
    await stack.open()
    reporting_db = await asyncpg.connect(stack.databases["reporting"].replace("+asyncpg", ""))
    try:
        await end_to_end_delays(stack, reporting_db, 50)  # connections, caches, statements
        found = []
        for goal, rate in zip(GOALS, RATES, strict=True):
            rounds = [await end_to_end_delays(stack, reporting_db, rate) for _ in range(bench.rounds)]
            medians = [round(quantile(each, 0.5) * 1000, 1) for each in rounds]
            found.append(Measured(goal, [quantile(each, 0.99) * 1000 for each in rounds], {"p50_ms": medians}))
    finally:
        await reporting_db.close()
        await stack.close()
    return found


async def end_to_end_delays(stack: Stack, reporting_db: asyncpg.Connection, rate: int) -> list[float]:
    """An open loop: requests start on time, whatever became of others. -> seconds until each was in the figure."""
    number, token = rate * SECONDS, stack.token("recording")
    requests = [
        request_bytes("POST", "/v1/recordings", ndjson_body([factories.recording()]), token=token)
        for _ in range(number)
    ]
    before: int = await reporting_db.fetchval(RECORDED)
    watching = asyncio.create_task(times_of_change(reporting_db, before, number))
    began = time.perf_counter()
    answered = await open_loop_latencies(stack.ports["recording"], requests, 201, each_second=rate)
    assert max(answered) < GIVEN_UP_SECONDS
    return [seen - began - place / rate for place, seen in enumerate(await watching)]


async def times_of_change(reporting_db: asyncpg.Connection, before: int, number: int) -> list[float]:
    """When the figure had grown by one, by two, ...: the n-th request is in it by then, or one that overtook it."""
    seen: list[float] = []
    while len(seen) < number:
        total: int = await reporting_db.fetchval(RECORDED)
        seen += [time.perf_counter()] * (total - before - len(seen))
        await asyncio.sleep(POLL_SECONDS)
    return seen


if __name__ == "__main__":
    harness.main(GOALS, measure)
