"""G9: from the start of a request to the changed figure, through four real processes, Kafka and PostgreSQL."""

import asyncio
import time
from collections.abc import Sequence

import asyncpg

from benchmarks import harness
from benchmarks.harness import Bench, Goal, Measured, quantile
from benchmarks.serving import GIVEN_UP_SECONDS, as_lines, head, latencies
from tests import factories
from tests.journeys.stack import Stack

RATES = (200, 500)
GOALS = [
    Goal(f"G9 {rate}/s", f"request to figure, p99 at {rate}/s", "an idle machine", 100, 40, "ms", most=True)
    for rate in RATES
]
SECONDS = 6
LOOK_SECONDS = 0.002
RECORDED = "SELECT coalesce(sum(value), 0)::int FROM tally WHERE metric = 'recorded'"


async def measure(bench: Bench) -> Sequence[Measured]:
    stack = bench.stack()
    await stack.open()
    books = await asyncpg.connect(stack.databases["reporting"].replace("+asyncpg", ""))
    try:
        await delays(stack, books, 50)  # connections, caches, statements
        found = []
        for goal, rate in zip(GOALS, RATES, strict=True):
            rounds = [await delays(stack, books, rate) for _ in range(bench.rounds)]
            medians = [round(quantile(each, 0.5) * 1000, 1) for each in rounds]
            found.append(Measured(goal, [quantile(each, 0.99) * 1000 for each in rounds], {"p50_ms": medians}))
    finally:
        await books.close()
        await stack.close()
    return found


async def delays(stack: Stack, books: asyncpg.Connection, rate: int) -> list[float]:
    """An open loop: requests start on time, whatever became of others. -> seconds until each was in the figure."""
    number, token = rate * SECONDS, stack.token("recording")
    requests = [head("POST", "/v1/recordings", as_lines([factories.recording()]), token=token) for _ in range(number)]
    before: int = await books.fetchval(RECORDED)
    watching = asyncio.create_task(counted(books, before, number))
    began = time.perf_counter()
    answered = await latencies(stack.ports["recording"], requests, 201, each_second=rate)
    assert max(answered) < GIVEN_UP_SECONDS
    return [seen - began - place / rate for place, seen in enumerate(await watching)]


async def counted(books: asyncpg.Connection, before: int, number: int) -> list[float]:
    """When the figure had grown by one, by two, ...: the n-th request is in it by then, or one that overtook it."""
    seen: list[float] = []
    while len(seen) < number:
        total: int = await books.fetchval(RECORDED)
        seen += [time.perf_counter()] * (total - before - len(seen))
        await asyncio.sleep(LOOK_SECONDS)
    return seen


if __name__ == "__main__":
    harness.main(GOALS, measure)
