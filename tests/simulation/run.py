"""Runs: one seed to its end, the shortest prefix of one that fails, and many seeds over all cores."""

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from tests.simulation.invariants import check_all
from tests.simulation.world import TURNS, TURNS_TO_SETTLE, InvariantBroken, Parts, World

CORRECT_PARTS = Parts()
SEEDS_PER_CHUNK = 250


@dataclass
class Outcome:
    """What many seeds showed."""

    seeds: int = 0
    failed: dict[int, str] = field(default_factory=dict)
    sometimes: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Outcome") -> None:
        self.seeds += other.seeds
        self.failed |= other.failed
        self.sometimes += other.sometimes


def simulate(
    seed: int, parts: Parts = CORRECT_PARTS, turns: int = TURNS, told: Callable[[str], None] | None = None
) -> World:
    """Some turns with faults, then without until all is settled. Raises Wrong."""
    world = World(seed, parts, told)
    asyncio._set_running_loop(world.schedule.loop)
    try:
        run_to_rest(world, turns)
    finally:
        asyncio._set_running_loop(None)
        world.schedule.end_all()
    return world


def run_to_rest(world: World, turns: int) -> None:
    for _ in range(turns):
        world.schedule.step()
    heal(world)
    for number in range(TURNS_TO_SETTLE):
        if number % 16 == 0 and world.is_settled():
            break
        world.schedule.step()
    else:
        raise InvariantBroken("does not settle")
    check_all(world)
    for _ in range(80):  # a second drain changes nothing
        world.schedule.step()
    check_all(world)


def heal(world: World) -> None:
    """Everything works from here on; whoever was paused wakes up, and late batches land first."""
    world.tell("heals")
    world.faults.heal()
    world.topic.land_late(all_=True)
    world.backup = None
    for actor in world.schedule.actors:
        if not world.new_history_due or actor not in (*world.writers, *world.publishers):
            actor.wakes_at = 0


def find_failure(seed: int, parts: Parts = CORRECT_PARTS, turns: int = TURNS) -> str | None:
    try:
        simulate(seed, parts, turns)
    except InvariantBroken as wrong:
        return str(wrong)
    return None


def shortest_failure(seed: int, parts: Parts = CORRECT_PARTS) -> int:
    """The fewest turns with faults after which the seed still fails."""
    return next(turns for turns in range(TURNS + 1) if find_failure(seed, parts, turns) is not None)


def run_chunk(seeds: range) -> Outcome:
    found = Outcome(len(seeds))
    for seed in seeds:
        try:
            found.sometimes += simulate(seed).faults.sometimes
        except InvariantBroken as wrong:
            found.failed[seed] = str(wrong)
    return found


def run_all(seeds: range) -> Outcome:
    """Over all cores; up to the first chunk with a failure."""
    whole = Outcome()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(run_chunk, chunks(seeds)):
            whole.add(found)
            if whole.failed:
                pool.shutdown(cancel_futures=True)
                break
    return whole


def chunks(seeds: range) -> Iterator[range]:
    for start in range(seeds.start, seeds.stop, SEEDS_PER_CHUNK):
        yield range(start, min(start + SEEDS_PER_CHUNK, seeds.stop))


def first_failing_seed(parts: Parts, seeds: Iterable[int]) -> int | None:
    """The first seed in which a mutant shows."""
    return next((seed for seed in seeds if find_failure(seed, parts) is not None), None)


def report(seed: int, parts: Parts = CORRECT_PARTS) -> str:
    """What to do with a failing seed."""
    turns = shortest_failure(seed, parts)
    why = find_failure(seed, parts, turns)
    return f"seed {seed} fails after {turns} turns: {why}\nreplay: python -m tests.simulation {seed} --turns {turns}"
