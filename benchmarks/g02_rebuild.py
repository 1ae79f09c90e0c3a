"""G2: all books are made anew in PostgreSQL from the first event on, by as many processes as there are cores.

The bare loop runs in one. The others begin within the time measured, which weighs more here than in hundreds of
millions of events; there a store adds the rows of whole days, but only the first is a COPY. Twice as many events came
to no less, so these, which three goals share, are enough.
"""

from collections.abc import Sequence

from benchmarks import harness
from benchmarks.backlog import EVENTS, Backlog, fresh_postgres
from benchmarks.harness import Bench, Goal, Measured

GOAL = Goal("G2", "rebuild of all books", "bare getmany(5000), counting", 1.2, 1.4)


async def measure(bench: Bench) -> Sequence[Measured]:
    backlog = Backlog(bench.kafka(), EVENTS)
    await backlog.make()

    async def rebuild() -> float:
        async with fresh_postgres(bench.postgres()) as database:
            return await backlog.rebuilt(database)

    return [await bench.compare(GOAL, rebuild, backlog.bare, events=EVENTS, sizes="events/s")]


if __name__ == "__main__":
    harness.main([GOAL], measure)
