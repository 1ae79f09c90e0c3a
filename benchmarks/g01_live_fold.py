"""G1: a backlog from Kafka is folded into PostgreSQL, exactly once, while the live books are served."""

from collections.abc import Sequence

from benchmarks import harness
from benchmarks.backlog import Backlog, fresh
from benchmarks.harness import Bench, Goal, Measured

GOAL = Goal("G1", "live fold into PostgreSQL", "bare getmany(5000), counting", 0.75, 1.0)
EVENTS = 300_000


async def measure(bench: Bench) -> Sequence[Measured]:
    backlog = Backlog(bench.kafka(), EVENTS)
    await backlog.make()

    async def fold() -> float:
        server = bench.postgres()
        url = await server.make_database()
        database = await fresh(url)
        try:
            return await backlog.folded(database)
        finally:
            await database.close()
            await server.drop(url)

    return [await bench.compare(GOAL, fold, backlog.bare, events=EVENTS, unit="events/s")]


if __name__ == "__main__":
    harness.main([GOAL], measure)
