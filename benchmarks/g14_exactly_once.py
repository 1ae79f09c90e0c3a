"""G14: what the position and its compare-and-set cost: their time in a fold, of the time that the rest of it takes.

Timed inside one run: two runs, one without, differ by more than this costs. Others fold meanwhile, so it is the most
that can be gained.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks import harness
from benchmarks.backlog import EVENTS, Backlog, fresh_postgres
from benchmarks.harness import Bench, Goal, Measured
from shared.db import Session
from shared.messaging.inbox import ConsumerState, DatabaseInbox, Position

GOAL = Goal("G14", "cost of exactly once", "the same fold without position", 3, 1, "%", most=True)


@dataclass
class TimedInbox(DatabaseInbox):
    """Tells how long it was about its positions."""

    seconds: float = 0.0
    commits: int = 0

    async def _compare_and_set(self, session: Session, reached: Mapping[int, Position], heard: ConsumerState) -> None:
        await session.connection()  # the transaction begins with or without a position
        began = time.perf_counter()
        await super()._compare_and_set(session, reached, heard)
        self.seconds += time.perf_counter() - began
        self.commits += 1


async def measure(bench: Bench) -> Sequence[Measured]:
    backlog = Backlog(bench.kafka(), EVENTS)
    await backlog.make()
    commits = []

    async def fold() -> float:
        made: list[TimedInbox] = []

        def inbox(*about: object) -> TimedInbox:
            made.append(TimedInbox(*about))  # type: ignore[arg-type]  # as the inbox itself is made
            return made[0]

        async with fresh_postgres(bench.postgres()) as database:
            rate = await backlog.fill_read_models(database, inbox)
        commits.append(made[0].commits)
        return 100 * made[0].seconds / (EVENTS / rate - made[0].seconds)

    return [await bench.each(GOAL, fold, events=EVENTS, commits=commits)]


if __name__ == "__main__":
    harness.main([GOAL], measure)
