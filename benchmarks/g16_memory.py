"""G16: what the processes hold while they work through 200,000 events that piled up."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import asyncpg
import psutil

from benchmarks import harness
from benchmarks.g08_publisher import fill
from benchmarks.harness import Bench, Goal, Measured
from benchmarks.workload import Workload
from tests.journeys.stack import Stack

BEHIND = 200_000
GOALS = [
    Goal("G16 publisher", f"recording (API, publisher), {BEHIND} unsent", "absolute", 256, 200, "MB", most=True),
    Goal("G16 consumer", f"reporting (API, consumer), {BEHIND} behind", "absolute", 256, 200, "MB", most=True),
]
Over = Callable[[asyncpg.Connection], Awaitable[bool]]
LOOK_SECONDS = 0.05
UNSENT = "SELECT coalesce(sum(n - mark), 0)::int FROM counter"
UNNUMBERED = "SELECT EXISTS (SELECT FROM unnumbered)"
HEARD = "SELECT coalesce(sum(last_seq), 0)::int FROM position WHERE source = 'recording'"


async def measure(bench: Bench) -> Sequence[Measured]:
    """One round: a pile is not worked through twice."""
    stack = bench.stack()
    await stack.open()
    try:
        await stack.kill("reporting")
        await fill(stack.databases["recording"], list(Workload().rows(BEHIND)))
        sending = await largest(stack, "recording", until_sent)
        await stack.start("reporting")
        folding = await largest(stack, "reporting", until_heard)
    finally:
        await stack.close()
    return [Measured(GOALS[0], [sending]), Measured(GOALS[1], [folding])]


async def largest(stack: Stack, name: str, is_over: Over) -> float:
    """The most memory a process had until it was through, in MB."""
    process, most = psutil.Process(stack.processes[name].pid), 0
    connection = await asyncpg.connect(stack.databases[name].replace("+asyncpg", ""))
    while not await is_over(connection):
        most = max(most, process.memory_info().rss)
        await asyncio.sleep(LOOK_SECONDS)
    await connection.close()
    return most / 2**20


async def until_sent(connection: asyncpg.Connection) -> bool:
    return not await connection.fetchval(UNNUMBERED) and not await connection.fetchval(UNSENT)


async def until_heard(connection: asyncpg.Connection) -> bool:
    return bool(await connection.fetchval(HEARD) >= BEHIND)


if __name__ == "__main__":
    harness.main(GOALS, measure)
