"""Processes killed, frozen and woken at the worst moments: nothing is lost, doubled or held up (P5 to P8)."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from tests.faults import results
from tests.faults.conftest import SEED, FaultScenario, MakeScenario, note_back_ends, run_scenario_or_skip
from tests.faults.database_state import position_of
from tests.faults.drain import consumed_count
from tests.faults.hooked_serving import AFTER_FETCH, BETWEEN_FOLD_AND_COMMIT, BETWEEN_SEND_AND_ADVANCE, HALF_A_STATEMENT
from tests.faults.results import size_for_run

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(1800)]

IDLE_SECONDS = 5.0  # idle_session_timeout of whoever has its turn
IN_TRANSACTION_SECONDS = 10.0
COMMIT_SECONDS = 0.3  # a frozen process may have sent one that its database does meanwhile


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FaultScenario]:
    async with run_scenario_or_skip("kafka", tmp_path_factory.mktemp("kills")) as made:
        yield made


@pytest.fixture
def at_work(request: pytest.FixtureRequest, shared: FaultScenario) -> FaultScenario:
    """On PostgreSQL and Kafka; the tests of this file share it, and each leaves it whole."""
    note_back_ends(request, "kafka")
    return shared


async def kill_again_and_again(
    scenario: FaultScenario, name: str, hook: str, watch: "ProgressWatch", kills: int
) -> float:
    """Every other time at the hook, else whenever. -> the longest time until the work went on."""
    stack, chance, longest = scenario.stack, random.Random(SEED), 0.0
    for number in range(kills):
        if number % 2:
            stack.set_hook(name, hook, "KILL")
            await stack.sprung(name, hook)
        else:
            await asyncio.sleep(chance.uniform(0.1, 1.5))
        before = await watch.reached()
        await stack.restart(name)
        longest = max(longest, await seconds_until_progress(watch, before, time.monotonic()))
    return longest


class ProgressWatch:
    """How far the work of a process has come: what it handed over, or what it heard."""

    def __init__(self, scenario: FaultScenario, name: str, *, publishes: bool) -> None:
        self.name, self.url, self.publishes = name, scenario.stack.databases[name], publishes

    async def reached(self) -> int:
        found = await position_of(self.url)
        return sum(found.marks.values()) if self.publishes else sum(found.heard.values())


async def positions_at_rest(watch: ProgressWatch) -> int:
    """How far the work had come when its process was frozen."""
    before, found = -1, await watch.reached()
    while before != found:
        await asyncio.sleep(COMMIT_SECONDS)
        before, found = found, await watch.reached()
    return found


@asynccontextmanager
async def second_replica(scenario: FaultScenario, name: str) -> AsyncIterator[str]:
    """A second process of a service; afterwards the first is alone again and awake."""
    other = f"{name}-b"
    await scenario.stack.start(other)
    try:
        yield other
    finally:
        scenario.stack.front.pop(name, None)
        scenario.stack.resume(name)
        await scenario.stack.kill(other)


async def frozen_until_replaced(
    scenario: FaultScenario, name: str, hook: str, watch: ProgressWatch
) -> tuple[int, float]:
    """Freeze it at the hook and work on until another has taken over. -> how far it had come, how long that took."""
    scenario.stack.set_hook(name, hook, "STOP")
    await scenario.load.run(10)
    await scenario.stack.sprung(name, hook)
    began, stood = time.monotonic(), await positions_at_rest(watch)
    loading = asyncio.create_task(scenario.load.run(size_for_run(200, 1000)))
    waited = await seconds_until_progress(watch, stood, began)
    await loading
    return stood, waited


async def seconds_until_progress(watch: ProgressWatch, before: int, began: float) -> float:
    """Until the work went on. -> how long it took."""
    while await watch.reached() <= before:
        assert time.monotonic() - began < 120, f"the work of {watch.name} does not go on"
        await asyncio.sleep(0.05)
    return time.monotonic() - began


class TestKilledPublisher:
    async def test_loses_and_doubles_nothing(self, at_work: FaultScenario) -> None:
        kills = size_for_run(3, 20)
        watch = ProgressWatch(at_work, "recording", publishes=True)
        killing = kill_again_and_again(at_work, "recording", BETWEEN_SEND_AND_ADVANCE, watch, kills)
        before = await consumed_count(at_work.stack, "reporting", "duplicate")

        longest = await at_work.load.during(killing)

        results.record("P5", "kills of a publisher, half of them between send and mark", kills, passed=True, seed=SEED)
        results.check_seconds("P5", "events go on, after the process is up again", longest, 5, seed=SEED)
        await at_work.drain()
        doubled = await consumed_count(at_work.stack, "reporting", "duplicate") - before
        results.check_at_most("P5", "events twice in the log, and dropped", doubled, 1, least=True, seed=SEED)
        await at_work.check()
        results.record("P5", "differences from the plain count", 0, 0, passed=True, seed=SEED)


class TestKilledConsumer:
    async def test_on_postgres_and_kafka(self, at_work: FaultScenario) -> None:
        await self.killed(at_work, ("reporting", "blanks"), "PostgreSQL and Kafka")

    async def test_on_sqlite_and_the_feed(self, make_scenario: MakeScenario) -> None:
        await self.killed(await make_scenario("sqlite"), ("reporting",), "SQLite and feed")

    async def killed(self, scenario: FaultScenario, names: Sequence[str], where: str) -> None:
        kills = size_for_run(2, 10) if len(names) > 1 else size_for_run(2, 20)
        for name in names:
            watch = ProgressWatch(scenario, name, publishes=False)
            killing = kill_again_and_again(scenario, name, BETWEEN_FOLD_AND_COMMIT, watch, kills)
            longest = await scenario.load.during(killing)
            results.check_seconds("P6", f"{where}: {name} goes on, after it is up again", longest, 5, seed=SEED)
        results.record("P6", f"{where}: kills, half of them between fold and commit", kills * len(names), passed=True)
        await scenario.check()
        results.record("P6", f"{where}: rows differing", 0, 0, passed=True, seed=SEED)


class TestZombieConsumer:
    @pytest.mark.parametrize(
        ("hook", "bound"),
        [
            (AFTER_FETCH, IDLE_SECONDS + 1),
            (BETWEEN_FOLD_AND_COMMIT, IN_TRANSACTION_SECONDS),
            (HALF_A_STATEMENT, IN_TRANSACTION_SECONDS),
        ],
    )
    async def test_changes_nothing_on_waking(self, at_work: FaultScenario, hook: str, bound: float) -> None:
        stack = at_work.stack
        async with second_replica(at_work, "reporting") as other:
            watch = ProgressWatch(at_work, "reporting", publishes=False)
            stood, waited = await frozen_until_replaced(at_work, "reporting", hook, watch)
            await at_work.drain()
            stack.resume("reporting")
            await at_work.load.run(50)
            await at_work.drain()

            commits = await watch.reached() - stood - await consumed_count(stack, other, "applied")
            results.check_at_most("P7", f"commits of a consumer frozen {hook}, once it woke", commits, 0, seed=SEED)
            results.check_seconds("P7", f"another folds after one was frozen {hook}", waited, bound, seed=SEED)
        await stack.restart("reporting")
        await at_work.check()


class TestFrozenPublisher:
    async def test_is_replaced_and_its_late_send_is_harmless(self, at_work: FaultScenario) -> None:
        stack = at_work.stack
        async with second_replica(at_work, "recording") as stack.front["recording"]:
            watch = ProgressWatch(at_work, "recording", publishes=True)
            _, waited = await frozen_until_replaced(at_work, "recording", BETWEEN_SEND_AND_ADVANCE, watch)
            stack.resume("recording")

            results.check_seconds("P8", "another publishes after one was frozen", waited, IDLE_SECONDS + 1, seed=SEED)
            await at_work.drain()
        await at_work.check()
        results.record("P8", "differences after the frozen one woke", 0, 0, passed=True, seed=SEED)
