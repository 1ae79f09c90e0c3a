"""Harness: product and yardstick in turn, the median of the ratios of each round, and the verdict against the goal.

A goal module holds `GOALS`, `async def measure(bench) -> list[Measured]`, and last `harness.main(GOALS, measure)`.
"""

import asyncio
import gc
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import uvloop

from benchmarks import backends
from tests.journeys.stack import Stack

ROUNDS = int(os.environ.get("ROUNDS", "5"))
RESULT_FILE = "REKAP_BENCH_RESULT"  # where a goal module leaves its rows for `python -m benchmarks`

Run = Callable[[], Awaitable[float]]
Verdict = Literal["stretch", "met", "missed", "no goal"]


@dataclass(frozen=True)
class Goal:
    """One line of the table. `most`: the figure may be at most the goal, else it must be at least that.

    A line without a goal is told beside one that has: what the plain path reaches where a faster one is in use.
    """

    name: str  # G1, or `G12 cold` where one path has two figures
    path: str
    yardstick: str
    goal: float | None = None
    stretch: float | None = None
    unit: str = "x"  # x: a ratio; else ms, s, MB, %
    most: bool = False

    def verdict(self, figure: float) -> Verdict:
        def reaches(bound: float | None) -> bool:
            return bound is not None and (figure <= bound if self.most else figure >= bound)

        if self.goal is None:
            return "no goal"
        return "stretch" if reaches(self.stretch) else "met" if reaches(self.goal) else "missed"


@dataclass(frozen=True)
class Measured:
    """The figure of each round; `about`: absolute sizes, for orientation alone."""

    goal: Goal
    rounds: Sequence[float]
    about: Mapping[str, Any] = field(default_factory=dict)  # Any: JSON

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)

    def row(self) -> dict[str, Any]:  # Any: JSON
        return {
            **asdict(self.goal),
            "median": round(self.median, 4),
            "least": round(min(self.rounds), 4),
            "largest": round(max(self.rounds), 4),
            "rounds": [round(each, 4) for each in self.rounds],
            "verdict": self.goal.verdict(self.median),
            "about": dict(self.about),
        }


class Bench:
    """What a goal module may use: back ends, a folder on a disk, and rounds that take turns."""

    def __init__(self, folder: Path, rounds: int = ROUNDS) -> None:
        self.folder, self.rounds = folder, rounds
        self.postgres, self.kafka = backends.postgres, backends.kafka  # started by whoever calls them first

    def stack(self) -> Stack:
        """The four services as processes, on the PostgreSQL that forgets nothing. Not yet open."""
        os.environ["REKAP_TEST_POSTGRES"] = self.postgres().url
        return Stack("kafka", self.folder, heads_seconds=None)

    async def compare(self, goal: Goal, product: Run, yardstick: Run, **about: Any) -> Measured:  # Any: JSON
        """Product over yardstick, round by round; who goes first changes, so that neither always runs warmer."""
        seen: dict[str, list[float]] = {"product": [], "yardstick": []}
        runs = {"product": product, "yardstick": yardstick}
        for number in range(self.rounds):
            for name in sorted(runs, reverse=bool(number % 2)):
                seen[name].append(await run_without_collector(runs[name]))
        ratios = [mine / its for mine, its in zip(seen["product"], seen["yardstick"], strict=True)]
        sizes = {name: round(statistics.median(found), 3) for name, found in seen.items()}
        return Measured(goal, ratios, {**about, **sizes})

    async def each(self, goal: Goal, run: Run, **about: Any) -> Measured:  # Any: JSON
        """An absolute figure, once a round."""
        return Measured(goal, [await run_without_collector(run) for _ in range(self.rounds)], about)


async def run_without_collector(run: Run) -> float:
    """Nobody pays for the garbage of the one before."""
    gc.collect()
    return await run()


def quantile(seconds: Sequence[float], share: float) -> float:
    """The value below which this share of the measurements lies."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def main(goals: Sequence[Goal], measure: Callable[[Bench], Coroutine[None, None, Sequence[Measured]]]) -> None:
    """Run one goal module by itself, or as a part of `python -m benchmarks`."""
    with (
        backends.running_backends(),
        tempfile.TemporaryDirectory(prefix="rekap-bench-") as folder,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,  # as the services run
    ):
        measured = runner.run(measure(Bench(Path(folder))))
    assert {each.goal.name for each in measured} == {goal.name for goal in goals}
    rows = [each.row() for each in measured]
    if RESULT_FILE in os.environ:
        Path(os.environ[RESULT_FILE]).write_text(json.dumps(rows))
    else:
        print(json.dumps(rows, indent=2))
        sys.exit(any(row["verdict"] == "missed" for row in rows))
