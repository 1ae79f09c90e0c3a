"""Processes killed, frozen and woken at the worst moments: nothing is lost, doubled or held up (P5 to P8)."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from tests.faults import results
from tests.faults.conftest import SEED, Make, Scene, scene_or_skip, takes_part
from tests.faults.databases import standing
from tests.faults.drain import consumed
from tests.faults.results import sized
from tests.faults.serving import AFTER_FETCH, BETWEEN_FOLD_AND_COMMIT, BETWEEN_SEND_AND_MARK, HALF_SAID

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(1800)]

IDLE_SECONDS = 5.0  # idle_session_timeout of whoever has its turn
IN_TRANSACTION_SECONDS = 10.0
COMMIT_SECONDS = 0.3  # a frozen process may have sent one that its database does meanwhile


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with scene_or_skip("kafka", tmp_path_factory.mktemp("kills")) as made:
        yield made


@pytest.fixture
def at_work(request: pytest.FixtureRequest, shared: Scene) -> Scene:
    """On PostgreSQL and Kafka; the tests of this file share it, and each leaves it whole."""
    takes_part(request, "kafka")
    return shared


async def kill_again_and_again(scene: Scene, name: str, hook: str, watch: "Watch", kills: int) -> float:
    """Every other time at the hook, else whenever. -> the longest time until the work went on."""
    stack, chance, longest = scene.stack, random.Random(SEED), 0.0
    for number in range(kills):
        if number % 2:
            stack.set_hook(name, hook, "KILL")
            await stack.sprung(name, hook)
        else:
            await asyncio.sleep(chance.uniform(0.1, 1.5))
        before = await watch.reached()
        await stack.restart(name)
        longest = max(longest, await moved_on(watch, before, time.monotonic()))
    return longest


class Watch:
    """How far the work of a process has come: what it handed over, or what it heard."""

    def __init__(self, scene: Scene, name: str, *, publishes: bool) -> None:
        self.name, self.url, self.publishes = name, scene.stack.databases[name], publishes

    async def reached(self) -> int:
        found = await standing(self.url)
        return sum(found.marks.values()) if self.publishes else sum(found.heard.values())


async def standing_still(watch: Watch) -> int:
    """How far the work had come when its process was frozen."""
    before, found = -1, await watch.reached()
    while before != found:
        await asyncio.sleep(COMMIT_SECONDS)
        before, found = found, await watch.reached()
    return found


@asynccontextmanager
async def beside_another(scene: Scene, name: str) -> AsyncIterator[str]:
    """A second process of a service; afterwards the first is alone again and awake."""
    other = f"{name}-b"
    await scene.stack.start(other)
    try:
        yield other
    finally:
        scene.stack.front.pop(name, None)
        scene.stack.resume(name)
        await scene.stack.kill(other)


async def frozen_until_replaced(scene: Scene, name: str, hook: str, watch: Watch) -> tuple[int, float]:
    """Freeze it at the hook and work on until another has taken over. -> how far it had come, how long that took."""
    scene.stack.set_hook(name, hook, "STOP")
    await scene.load.run(10)
    await scene.stack.sprung(name, hook)
    began, stood = time.monotonic(), await standing_still(watch)
    loading = asyncio.create_task(scene.load.run(sized(200, 1000)))
    waited = await moved_on(watch, stood, began)
    await loading
    return stood, waited


async def moved_on(watch: Watch, before: int, began: float) -> float:
    """Until the work went on. -> how long it took."""
    while await watch.reached() <= before:
        assert time.monotonic() - began < 120, f"the work of {watch.name} does not go on"
        await asyncio.sleep(0.05)
    return time.monotonic() - began


class TestKilledPublisher:
    async def test_loses_and_doubles_nothing(self, at_work: Scene) -> None:
        kills = sized(3, 20)
        watch = Watch(at_work, "recording", publishes=True)
        killing = kill_again_and_again(at_work, "recording", BETWEEN_SEND_AND_MARK, watch, kills)
        before = await consumed(at_work.stack, "reporting", "duplicate")

        longest = await at_work.load.during(killing)

        results.record("P5", "kills of a publisher, half of them between send and mark", kills, passed=True, seed=SEED)
        results.seconds("P5", "events go on, after the process is up again", longest, 5, seed=SEED)
        await at_work.drain()
        doubled = await consumed(at_work.stack, "reporting", "duplicate") - before
        results.measured("P5", "events twice in the log, and dropped", doubled, 1, least=True, seed=SEED)
        await at_work.check()
        results.record("P5", "differences from the plain count", 0, 0, passed=True, seed=SEED)


class TestKilledConsumer:
    async def test_on_postgres_and_kafka(self, at_work: Scene) -> None:
        await self.killed(at_work, ("reporting", "blanks"), "PostgreSQL and Kafka")

    async def test_on_sqlite_and_the_feed(self, make_scene: Make) -> None:
        await self.killed(await make_scene("sqlite"), ("reporting",), "SQLite and feed")

    async def killed(self, scene: Scene, names: Sequence[str], where: str) -> None:
        kills = sized(2, 10) if len(names) > 1 else sized(2, 20)
        for name in names:
            watch = Watch(scene, name, publishes=False)
            killing = kill_again_and_again(scene, name, BETWEEN_FOLD_AND_COMMIT, watch, kills)
            longest = await scene.load.during(killing)
            results.seconds("P6", f"{where}: {name} goes on, after it is up again", longest, 5, seed=SEED)
        results.record("P6", f"{where}: kills, half of them between fold and commit", kills * len(names), passed=True)
        await scene.check()
        results.record("P6", f"{where}: rows differing", 0, 0, passed=True, seed=SEED)


class TestZombieConsumer:
    @pytest.mark.parametrize(
        ("hook", "bound"),
        [
            (AFTER_FETCH, IDLE_SECONDS + 1),
            (BETWEEN_FOLD_AND_COMMIT, IN_TRANSACTION_SECONDS),
            (HALF_SAID, IN_TRANSACTION_SECONDS),
        ],
    )
    async def test_changes_nothing_on_waking(self, at_work: Scene, hook: str, bound: float) -> None:
        stack = at_work.stack
        async with beside_another(at_work, "reporting") as other:
            watch = Watch(at_work, "reporting", publishes=False)
            stood, waited = await frozen_until_replaced(at_work, "reporting", hook, watch)
            await at_work.drain()
            stack.resume("reporting")
            await at_work.load.run(50)
            await at_work.drain()

            commits = await watch.reached() - stood - await consumed(stack, other, "applied")
            results.measured("P7", f"commits of a consumer frozen {hook}, once it woke", commits, 0, seed=SEED)
            results.seconds("P7", f"another folds after one was frozen {hook}", waited, bound, seed=SEED)
        await stack.restart("reporting")
        await at_work.check()


class TestFrozenPublisher:
    async def test_is_replaced_and_its_late_send_is_harmless(self, at_work: Scene) -> None:
        stack = at_work.stack
        async with beside_another(at_work, "recording") as stack.front["recording"]:
            watch = Watch(at_work, "recording", publishes=True)
            _, waited = await frozen_until_replaced(at_work, "recording", BETWEEN_SEND_AND_MARK, watch)
            stack.resume("recording")

            results.seconds("P8", "another publishes after one was frozen", waited, IDLE_SECONDS + 1, seed=SEED)
            await at_work.drain()
        await at_work.check()
        results.record("P8", "differences after the frozen one woke", 0, 0, passed=True, seed=SEED)
