"""G14: what the position and its compare-and-set cost: the same fold without them."""

from collections.abc import Mapping, Sequence

from benchmarks import harness
from benchmarks.backlog import EVENTS, Backlog, on_postgres
from benchmarks.harness import Bench, Goal, Measured
from shared.db import Session
from shared.inbox import DatabaseInbox, Heard, Reached

GOAL = Goal("G14", "cost of exactly once", "the same fold without position", 3, 1, "%", most=True)


class Forgetful(DatabaseInbox):
    """Stores effects and nothing of how far it came."""

    async def _compare_and_set(self, session: Session, reached: Mapping[int, Reached], heard: Heard) -> None:
        return


async def measure(bench: Bench) -> Sequence[Measured]:
    backlog = Backlog(bench.kafka(), EVENTS)
    await backlog.make()

    async def fold(inbox: type[DatabaseInbox]) -> float:
        async with on_postgres(bench.postgres()) as database:
            return await backlog.folded(database, inbox)

    found = await bench.compare(GOAL, lambda: fold(DatabaseInbox), lambda: fold(Forgetful), events=EVENTS)
    return [Measured(GOAL, [(1 / ratio - 1) * 100 for ratio in found.rounds], found.about)]


if __name__ == "__main__":
    harness.main([GOAL], measure)
