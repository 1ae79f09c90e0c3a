"""Acknowledgements lost on demand, and every error a broker may give: nothing is lost, nobody restarts (P9, P11)."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from shared.messaging.outbox import PARTITIONS
from tests.backends import kafka, run_state
from tests.faults import results
from tests.faults.conftest import SEED, FaultScenario, note_back_ends, run_scenario_or_skip
from tests.faults.drain import consumed_count
from tests.faults.mock_cluster import DISCONNECT, MockCluster
from tests.faults.results import size_for_run

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(1800)]

ERRORS = (6, 7, 19, 20, 45, 46, 47, 90, DISCONNECT)
SLOW_SECONDS = 4.0


@dataclass
class MockedStack:
    scenario: FaultScenario
    mock: MockCluster


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[MockedStack]:
    try:
        mock = MockCluster()
    except run_state.BackEndMissing as reason:
        run_state.skip_or_fail("librdkafka's mock cluster", reason)

    async def make_topics(topics: kafka.Topics) -> None:
        for name in topics.names:
            mock.make_topic(name, PARTITIONS)

    folder = tmp_path_factory.mktemp("mock")
    async with run_scenario_or_skip("kafka", folder, servers=mock.servers, make_topics=make_topics) as made:
        yield MockedStack(made, mock)
    mock.close()


@pytest.fixture
def place(request: pytest.FixtureRequest, shared: MockedStack) -> MockedStack:
    note_back_ends(request, "kafka")
    return shared


class TestLostAcknowledgement:
    async def test_doubles_nothing(self, place: MockedStack) -> None:
        """The broker is slow, takes a batch, and is gone before it says so."""
        scenario, times = place.scenario, size_for_run(2, 50)
        before = await consumed_count(scenario.stack, "reporting", "duplicate")
        for _ in range(times):
            place.mock.take_seconds(SLOW_SECONDS)
            await scenario.load.run(10)
            await asyncio.sleep(SLOW_SECONDS / 2)
            place.mock.down()
            place.mock.take_seconds(0)
            await asyncio.sleep(0.2)
            place.mock.up()
            await scenario.drain()

        doubled = await consumed_count(scenario.stack, "reporting", "duplicate") - before
        results.record("P9", "mock: acknowledgements lost", times, passed=True, seed=SEED)
        results.check_at_most("P9", "mock: events twice in the log, and dropped", doubled, 1, least=True, seed=SEED)
        await scenario.check()
        results.record("P9", "mock: differences from the plain count", 0, 0, passed=True, seed=SEED)


class TestProduceErrors:
    async def test_heal_without_a_restart(self, place: MockedStack) -> None:
        scenario, between = place.scenario, size_for_run(4, 19)
        for _ in range(size_for_run(1, 10)):
            for error in ERRORS:
                place.mock.answer_produce_with(*[0] * between, error)
            await scenario.load.run(size_for_run(150, 500))
            await scenario.drain()

        doubted = sum(
            scenario.stack.log_of(name, whole=True).count("nothing known of a batch")
            for name in scenario.stack.processes
        )
        results.check_at_most("P11", "batches of which nobody knew", doubted, 1, least=True, seed=SEED)
        ended = [name for name, process in scenario.stack.processes.items() if process.poll() is not None]
        results.check_at_most("P11", "processes that ended", len(ended), 0, seed=SEED)
        await scenario.check()
        results.record("P11", "events lost", 0, 0, passed=True, seed=SEED)
