"""Acknowledgements lost on demand, and every error a broker may give: nothing is lost, nobody restarts (P9, P11)."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from shared.messaging.outbox import PARTITIONS
from tests.backends import kafka, run
from tests.faults import results
from tests.faults.conftest import SEED, Scene, scene_or_skip, takes_part
from tests.faults.drain import consumed
from tests.faults.mock import DISCONNECT, Mock
from tests.faults.results import sized

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(1800)]

ERRORS = (6, 7, 19, 20, 45, 46, 47, 90, DISCONNECT)
SLOW_SECONDS = 4.0


@dataclass
class Place:
    scene: Scene
    mock: Mock


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    try:
        mock = Mock()
    except run.Missing as reason:
        run.do_without("librdkafka's mock cluster", reason)

    async def make_topics(topics: kafka.Topics) -> None:
        for name in topics.names:
            mock.make_topic(name, PARTITIONS)

    folder = tmp_path_factory.mktemp("mock")
    async with scene_or_skip("kafka", folder, servers=mock.servers, make_topics=make_topics) as made:
        yield Place(made, mock)
    mock.close()


@pytest.fixture
def place(request: pytest.FixtureRequest, shared: Place) -> Place:
    takes_part(request, "kafka")
    return shared


class TestLostAcknowledgement:
    async def test_doubles_nothing(self, place: Place) -> None:
        """The broker is slow, takes a batch, and is gone before it says so."""
        scene, times = place.scene, sized(2, 50)
        before = await consumed(scene.stack, "reporting", "duplicate")
        for _ in range(times):
            place.mock.take_seconds(SLOW_SECONDS)
            await scene.load.run(10)
            await asyncio.sleep(SLOW_SECONDS / 2)
            place.mock.down()
            place.mock.take_seconds(0)
            await asyncio.sleep(0.2)
            place.mock.up()
            await scene.drain()

        doubled = await consumed(scene.stack, "reporting", "duplicate") - before
        results.record("P9", "mock: acknowledgements lost", times, passed=True, seed=SEED)
        results.measured("P9", "mock: events twice in the log, and dropped", doubled, 1, least=True, seed=SEED)
        await scene.check()
        results.record("P9", "mock: differences from the plain count", 0, 0, passed=True, seed=SEED)


class TestProduceErrors:
    async def test_heal_without_a_restart(self, place: Place) -> None:
        scene, between = place.scene, sized(4, 19)
        for _ in range(sized(1, 10)):
            for error in ERRORS:
                place.mock.answer_produce_with(*[0] * between, error)
            await scene.load.run(sized(150, 500))
            await scene.drain()

        doubted = sum(
            scene.stack.log_of(name, whole=True).count("nothing known of a batch") for name in scene.stack.processes
        )
        results.measured("P11", "batches of which nobody knew", doubted, 1, least=True, seed=SEED)
        ended = [name for name, process in scene.stack.processes.items() if process.poll() is not None]
        results.measured("P11", "processes that ended", len(ended), 0, seed=SEED)
        await scene.check()
        results.record("P11", "events lost", 0, 0, passed=True, seed=SEED)
