"""The protocol holds for schedules nobody thought of; every fault happened, and every mistake put in shows (P31)."""

import os

import pytest

from tests.simulation.fault_sites import MUST_HAPPEN
from tests.simulation.mutants import HARMLESS, MUTANTS
from tests.simulation.run import find_failure, first_failing_seed, report, run_all, shortest_failure, simulate

SEEDS = int(os.environ.get("REKAP_SEEDS", "15000"))  # `make prove` takes more
SEEDS_FOR_A_MUTANT = 2000


class TestSimulation:
    @pytest.mark.timeout(300 + SEEDS // 50)
    def test_no_schedule_loses_or_doubles_anything(self) -> None:
        found = run_all(range(SEEDS))

        assert not found.failed, "\n".join([str(found.failed), report(min(found.failed))])
        assert [name for name in MUST_HAPPEN if not found.sometimes[name]] == [], "never happened: proves nothing"

    def test_a_seed_is_the_same_whenever_it_runs(self) -> None:
        told: list[list[str]] = [[], []]
        for lines in told:
            simulate(7, told=lines.append)
        assert told[0] == told[1]
        assert len(told[0]) > 20


class TestMutants:
    @pytest.mark.timeout(300)
    @pytest.mark.parametrize("name", sorted(MUTANTS))
    def test_is_caught(self, name: str) -> None:
        """A simulation that lets a known mistake pass would let an unknown one pass too."""
        mutant = MUTANTS[name]
        assert first_failing_seed(mutant.parts, range(SEEDS_FOR_A_MUTANT)) is not None, mutant.why

    @pytest.mark.timeout(300)
    @pytest.mark.parametrize("name", sorted(HARMLESS))
    def test_is_harmless_alone(self, name: str) -> None:
        """Kept as defence in depth: what it would guard against cannot happen while the rest holds."""
        mutant = HARMLESS[name]
        assert first_failing_seed(mutant.parts, range(SEEDS_FOR_A_MUTANT)) is None, mutant.why

    def test_a_failing_seed_is_shown_by_its_shortest_prefix(self) -> None:
        parts = MUTANTS["compares nothing"].parts
        seed = first_failing_seed(parts, range(SEEDS_FOR_A_MUTANT))
        assert seed is not None
        turns = shortest_failure(seed, parts)
        assert find_failure(seed, parts, turns)
        assert turns == 0 or not find_failure(seed, parts, turns - 1)
        assert f"python -m tests.simulation {seed} --turns {turns}" in report(seed, parts)
