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

from tests.backends import kafka, run
from tests.faults import results
from tests.faults.conftest import SEED, Scene, scene_or_skip, takes_part
from tests.faults.drain import consumed
from tests.faults.relay import Relay
from tests.faults.results import allowance, is_full, sized
from tests.faults.serving import END_FETCHING
from tests.oracle.world import DISTRICTS

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(1800)]


@dataclass
class Place:
    """A stack, the broker it speaks to, and the door between them."""

    scene: Scene
    broker: kafka.Broker
    door: Relay


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    door = Relay(0)
    await door.open()
    with tempfile.TemporaryDirectory(dir=run.folder()) as name:
        try:
            broker = await asyncio.to_thread(kafka.own_broker, Path(name), advertised=door.port)
        except run.Missing as reason:
            run.do_without("Apache Kafka", reason)
        door.target = broker.port
        async with scene_or_skip("kafka", tmp_path_factory.mktemp("broker"), servers=broker.servers) as made:
            yield Place(made, broker, door)
        broker.kill()
    await door.close()


@pytest.fixture
def place(request: pytest.FixtureRequest, shared: Place) -> Place:
    takes_part(request, "kafka")
    return shared


def memory_mb(scene: Scene, name: str) -> float:
    return float(psutil.Process(scene.stack.processes[name].pid).memory_info().rss) / (1 << 20)


async def error_share(scene: Scene, work: Awaitable[None]) -> float:
    """How many answers in a hundred were errors of the service meanwhile."""
    errors, asked = scene.history.errors, scene.history.statuses.total()
    await work
    return 100.0 * (scene.history.errors - errors) / (scene.history.statuses.total() - asked)


class TestBrokerDown:
    async def test_registration_works_without_it(self, place: Place) -> None:
        scene, seconds = place.scene, sized(10, 120)
        calm = await error_share(scene, scene.load.run(100))
        before = memory_mb(scene, "recording")

        async def outage(grown: list[float]) -> None:
            await asyncio.to_thread(place.broker.kill)
            await asyncio.sleep(seconds)
            grown.append(memory_mb(scene, "recording") - before)
            await asyncio.to_thread(place.broker.start)

        grown: list[float] = []
        share = await error_share(scene, scene.load.during(outage(grown)))
        caught_up = await scene.drain()

        # a machine too slow for the load alone answers some with 503 or 504 also while all is well
        results.measured("P10", "HTTP errors in a hundred while the broker was down", share, 2 * calm, seed=SEED)
        results.seconds("P10", "caught up, after the load that ran through the outage", caught_up, 30, seed=SEED)
        results.measured("P10", "growth of the publisher meanwhile", grown[0], 20, unit="MB", seed=SEED)
        await scene.check()


class TestSilentClient:
    async def test_is_noticed(self, place: Place) -> None:
        for name, fault in FAULTS.items():
            if fault is killed and not is_full():
                continue  # as above, without a load
            await fault(place)
            took = await until_quick(place.scene)
            results.seconds("P12", f"events are folded within a second again, {name}", took, 30, seed=SEED)
        await place.scene.check()


async def stopped(place: Place) -> None:
    await asyncio.to_thread(place.broker.stop)
    await asyncio.to_thread(place.broker.start)


async def killed(place: Place) -> None:
    await asyncio.to_thread(place.broker.kill)
    await asyncio.to_thread(place.broker.start)


async def frozen(place: Place) -> None:
    place.broker.pause()
    await asyncio.sleep(8)
    place.broker.resume()


async def no_fetching(place: Place) -> None:
    """The client of a consumer stops to fetch and says nothing."""
    place.scene.stack.set_hook("reporting", END_FETCHING, "END")
    await place.scene.stack.sprung("reporting", END_FETCHING)


async def half_open(place: Place) -> None:
    place.door.starve("there", "back")


FAULTS = {
    "the broker stopped and started": stopped,
    "the broker killed and started": killed,
    "the broker frozen for 8 s": frozen,
    "a consumer's fetching ended": no_fetching,
    "connections half-open": half_open,
}


async def until_quick(scene: Scene) -> float:
    """-> seconds until something written was heard by everybody within a second of being written."""
    began = time.monotonic()
    while True:
        written = time.monotonic()
        await scene.load.capture(scene.load.random.choice(DISTRICTS))
        await scene.drain()
        if time.monotonic() - written < 1 * allowance():
            return time.monotonic() - began
        assert time.monotonic() - began < 120


class TestLostAcknowledgement:
    async def test_doubles_nothing(self, place: Place) -> None:
        """The batch lands, its answer never comes back; every other time the broker dies of it too."""
        scene, times = place.scene, sized(1, 20)
        before = await consumed(scene.stack, "reporting", "duplicate")
        for number in range(times):
            place.door.starve("back")
            await scene.load.run(20)
            if number % 2:
                await killed(place)
            await scene.drain()

        doubled = await consumed(scene.stack, "reporting", "duplicate") - before
        results.measured("P9", "Kafka: events twice in the log, and dropped", doubled, 1, least=True, seed=SEED)
        await scene.check()
        results.record("P9", "Kafka: differences from the plain count", 0, 0, passed=True, seed=SEED)
