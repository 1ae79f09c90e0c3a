"""The broker dead, stopped, frozen and half-open: registration works on, silence is noticed, nothing is doubled."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from tests.backends import kafka, run_state
from tests.faults import results
from tests.faults.conftest import SEED, FaultScenario, note_back_ends, run_scenario_or_skip
from tests.faults.drain import consumed_count
from tests.faults.hooked_serving import END_FETCHING
from tests.faults.relay import Relay
from tests.faults.results import is_full, size_for_run, time_factor
from tests.oracle.random_world import DISTRICTS

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(1800)]


@dataclass
class RelayedStack:
    """A stack, the broker it speaks to, and the door between them."""

    scenario: FaultScenario
    broker: kafka.Broker
    door: Relay


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RelayedStack]:
    door = Relay(0)
    await door.open()
    with tempfile.TemporaryDirectory(dir=run_state.run_folder()) as name:
        try:
            broker = await asyncio.to_thread(kafka.start_own_broker, Path(name), advertised=door.port)
        except run_state.BackEndMissing as reason:
            run_state.skip_or_fail("Apache Kafka", reason)
        door.target = broker.port
        async with run_scenario_or_skip("kafka", tmp_path_factory.mktemp("broker"), servers=broker.servers) as made:
            yield RelayedStack(made, broker, door)
        broker.kill()
    await door.close()


@pytest.fixture
def place(request: pytest.FixtureRequest, shared: RelayedStack) -> RelayedStack:
    note_back_ends(request, "kafka")
    return shared


def memory_mb(scenario: FaultScenario, name: str) -> float:
    return float(psutil.Process(scenario.stack.processes[name].pid).memory_info().rss) / (1 << 20)


async def error_share(scenario: FaultScenario, work: Awaitable[None]) -> float:
    """How many answers in a hundred were errors of the service meanwhile."""
    errors, asked = scenario.history.errors, scenario.history.statuses.total()
    await work
    return 100.0 * (scenario.history.errors - errors) / (scenario.history.statuses.total() - asked)


class TestBrokerDown:
    async def test_registration_works_without_it(self, place: RelayedStack) -> None:
        scenario, seconds = place.scenario, size_for_run(10, 120)
        calm = await error_share(scenario, scenario.load.run(100))
        before = memory_mb(scenario, "recording")

        async def outage(grown: list[float]) -> None:
            await asyncio.to_thread(place.broker.kill)
            await asyncio.sleep(seconds)
            grown.append(memory_mb(scenario, "recording") - before)
            await asyncio.to_thread(place.broker.start)

        grown: list[float] = []
        share = await error_share(scenario, scenario.load.during(outage(grown)))
        caught_up = await scenario.drain()

        # a machine too slow for the load alone answers some with 503 or 504 also while all is well
        results.check_at_most("P10", "HTTP errors in a hundred while the broker was down", share, 2 * calm, seed=SEED)
        results.check_seconds("P10", "caught up, after the load that ran through the outage", caught_up, 30, seed=SEED)
        results.check_at_most("P10", "growth of the publisher meanwhile", grown[0], 20, unit="MB", seed=SEED)
        await scenario.check()


class TestSilentClient:
    async def test_is_noticed(self, place: RelayedStack) -> None:
        for name, fault in FAULTS.items():
            if fault is kill_broker and not is_full():
                continue  # as above, without a load
            await fault(place)
            took = await wait_until_fast(place.scenario)
            results.check_seconds("P12", f"events are folded within a second again, {name}", took, 30, seed=SEED)
        await place.scenario.check()


async def stop_broker(place: RelayedStack) -> None:
    await asyncio.to_thread(place.broker.stop)
    await asyncio.to_thread(place.broker.start)


async def kill_broker(place: RelayedStack) -> None:
    await asyncio.to_thread(place.broker.kill)
    await asyncio.to_thread(place.broker.start)


async def freeze_broker(place: RelayedStack) -> None:
    place.broker.pause()
    await asyncio.sleep(8)
    place.broker.resume()


async def end_fetching(place: RelayedStack) -> None:
    """The client of a consumer stops to fetch and says nothing."""
    place.scenario.stack.set_hook("reporting", END_FETCHING, "END")
    await place.scenario.stack.sprung("reporting", END_FETCHING)


async def half_open_connections(place: RelayedStack) -> None:
    place.door.starve("there", "back")


FAULTS = {
    "the broker stopped and started": stop_broker,
    "the broker killed and started": kill_broker,
    "the broker frozen for 8 s": freeze_broker,
    "a consumer's fetching ended": end_fetching,
    "connections half-open": half_open_connections,
}


async def wait_until_fast(scenario: FaultScenario) -> float:
    """-> seconds until something written was heard by everybody within a second of being written."""
    began = time.monotonic()
    while True:
        written = time.monotonic()
        await scenario.load.capture(scenario.load.random.choice(DISTRICTS))
        await scenario.drain()
        if time.monotonic() - written < 1 * time_factor():
            return time.monotonic() - began
        assert time.monotonic() - began < 120


class TestLostAcknowledgement:
    async def test_doubles_nothing(self, place: RelayedStack) -> None:
        """The batch lands, its answer never comes back; every other time the broker dies of it too."""
        scenario, times = place.scenario, size_for_run(1, 20)
        before = await consumed_count(scenario.stack, "reporting", "duplicate")
        for number in range(times):
            place.door.starve("back")
            await scenario.load.run(20)
            if number % 2:
                await kill_broker(place)
            await scenario.drain()

        doubled = await consumed_count(scenario.stack, "reporting", "duplicate") - before
        results.check_at_most("P9", "Kafka: events twice in the log, and dropped", doubled, 1, least=True, seed=SEED)
        await scenario.check()
        results.record("P9", "Kafka: differences from the plain count", 0, 0, passed=True, seed=SEED)
