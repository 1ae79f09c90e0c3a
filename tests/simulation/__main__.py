"""`python -m tests.simulation SEED`: one seed again, told turn by turn. `--seeds 1000000`: as many as you like."""

import argparse
import sys
import time

from tests.simulation.fault_sites import MUST_HAPPEN
from tests.simulation.mutants import MUTANTS
from tests.simulation.run import CORRECT_PARTS, report, run_all, simulate
from tests.simulation.world import TURNS, InvariantBroken


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.simulation")
    asked.add_argument("seed", type=int, nargs="?", default=0, help="the seed, or the first of many")
    asked.add_argument("--turns", type=int, default=TURNS, help="turns with faults")
    asked.add_argument("--mutant", choices=sorted(MUTANTS), help="with this mistake put in")
    asked.add_argument("--seeds", type=int, help="run so many, without a trace")
    given = asked.parse_args()
    if given.seeds:
        return run_many(range(given.seed, given.seed + given.seeds))
    parts = MUTANTS[given.mutant].parts if given.mutant else CORRECT_PARTS
    try:
        simulate(given.seed, parts, given.turns, print)
    except InvariantBroken as wrong:
        print(f"wrong: {wrong}")
        return 1
    print("right")
    return 0


def run_many(seeds: range) -> int:
    began = time.monotonic()
    found = run_all(seeds)
    print(f"{found.seeds} seeds in {time.monotonic() - began:.1f} s, {len(found.failed)} failed")
    for name in MUST_HAPPEN:
        print(f"{found.sometimes[name]:9} {name}")
    if found.failed:
        print(report(min(found.failed)))
    return 1 if found.failed else 0


if __name__ == "__main__":
    sys.exit(main())
