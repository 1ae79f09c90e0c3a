"""G16: what the processes hold while they work through 200,000 events that piled up."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import asyncpg
import psutil

from benchmarks import harness
from benchmarks.g08_publisher import fill_outbox
from benchmarks.harness import Bench, Goal, Measured
from benchmarks.workload import Workload
from tests.journeys.stack import Stack

BACKLOG = 200_000
GOALS = [
    Goal("G16 publisher", f"recording (API, publisher), {BACKLOG} unsent", "absolute", 256, 200, "MB", most=True),
    Goal("G16 consumer", f"reporting (API, consumer), {BACKLOG} behind", "absolute", 256, 200, "MB", most=True),
]
IsFinished = Callable[[asyncpg.Connection], Awaitable[bool]]
POLL_SECONDS = 0.05
UNPUBLISHED = "SELECT coalesce(sum(n - mark), 0)::int FROM counter"
HAS_PENDING = "SELECT EXISTS (SELECT FROM unnumbered)"
APPLIED = "SELECT coalesce(sum(last_seq), 0)::int FROM position WHERE source = 'recording'"


async def measure(bench: Bench) -> Sequence[Measured]:
    """One round: a pile is not worked through twice."""
    stack = bench.stack()
    await stack.open()
    try:
        await stack.kill("reporting")
        await fill_outbox(stack.databases["recording"], list(Workload().rows(BACKLOG)))
        sending = await largest_memory(stack, "recording", is_published)
        await stack.start("reporting")
        folding = await largest_memory(stack, "reporting", is_applied)
    finally:
        await stack.close()
    return [Measured(GOALS[0], [sending]), Measured(GOALS[1], [folding])]


async def largest_memory(stack: Stack, name: str, is_over: IsFinished) -> float:
    """The most memory a process had until it was through, in MB."""
    process, most = psutil.Process(stack.processes[name].pid), 0
    connection = await asyncpg.connect(stack.databases[name].replace("+asyncpg", ""))
    while not await is_over(connection):
        most = max(most, process.memory_info().rss)
        await asyncio.sleep(POLL_SECONDS)
    await connection.close()
    return most / 2**20


async def is_published(connection: asyncpg.Connection) -> bool:
    return not await connection.fetchval(HAS_PENDING) and not await connection.fetchval(UNPUBLISHED)


async def is_applied(connection: asyncpg.Connection) -> bool:
    return bool(await connection.fetchval(APPLIED) >= BACKLOG)


if __name__ == "__main__":
    harness.main(GOALS, measure)
