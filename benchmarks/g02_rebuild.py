"""G2: all books are made anew in PostgreSQL from the first event on."""

from collections.abc import Sequence

from benchmarks import harness
from benchmarks.backlog import EVENTS, Backlog, on_postgres
from benchmarks.harness import Bench, Goal, Measured

GOAL = Goal("G2", "rebuild of all books", "bare getmany(5000), counting", 1.2, 1.4)


async def measure(bench: Bench) -> Sequence[Measured]:
    backlog = Backlog(bench.kafka(), EVENTS)
    await backlog.make()

    async def rebuild() -> float:
        async with on_postgres(bench.postgres()) as database:
            return await backlog.rebuilt(database)

    return [await bench.compare(GOAL, rebuild, backlog.bare, events=EVENTS, sizes="events/s")]


if __name__ == "__main__":
    harness.main([GOAL], measure)
