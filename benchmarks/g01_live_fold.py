"""G1: a backlog from Kafka is folded into PostgreSQL, exactly once, as the live books are."""

from collections.abc import Sequence

from benchmarks import harness
from benchmarks.backlog import EVENTS, EVENTS_PLAIN, Backlog, fresh_postgres
from benchmarks.harness import Bench, Goal, Measured

GOAL = Goal("G1", "live fold into PostgreSQL", "bare getmany(5000), counting", 0.75, 1.0)
PLAIN = Goal("G1 plain", "the plain fold, event by event; also a plain rebuild (G2)", "the same bare loop")


async def measure(bench: Bench) -> Sequence[Measured]:
    backlog = Backlog(bench.kafka(), EVENTS)
    await backlog.make()

    async def fold() -> float:
        async with fresh_postgres(bench.postgres()) as database:
            return await backlog.fill_read_models(database)

    short = Backlog(bench.kafka(), EVENTS_PLAIN)
    await short.make()

    async def fold_plainly() -> float:
        async with fresh_postgres(bench.postgres()) as database:
            return await short.fill_read_models(database, plain=True)

    return [
        await bench.compare(GOAL, fold, backlog.bare, events=EVENTS, sizes="events/s"),
        await bench.compare(PLAIN, fold_plainly, short.bare, events=EVENTS_PLAIN, sizes="events/s"),
    ]


if __name__ == "__main__":
    harness.main([GOAL, PLAIN], measure)
