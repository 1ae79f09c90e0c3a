"""Records that never came, topics cut, emptied and made again: healed from the feed (P4, P16).

All of it around 2^31 and 2^53, as if the partitions had been at work for long; other files pass 9 and 99.
"""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from shared.messaging.outbox import PARTITIONS
from tests.faults import results
from tests.faults.conftest import SEED, Scene, scene_or_skip, takes_part
from tests.faults.databases import send_again, standing
from tests.faults.drain import consumed
from tests.faults.serving import LOSE_RECORD
from tests.faults.stack import SOURCES
from tests.oracle.world import DISTRICTS

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(1800)]

HEALED_SECONDS = 15
LIFTED = {partition: (2**53 if partition % 2 else 2**31) - 5 for partition in range(PARTITIONS)}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    # heads asked for less often: else they may tell of a lost record before the one behind it does
    more = {"REKAP_HEADS_SECONDS": "4"}
    async with scene_or_skip("kafka", tmp_path_factory.mktemp("lost"), lifted=LIFTED, more=more) as made:
        yield made


@pytest.fixture
def at_work(request: pytest.FixtureRequest, shared: Scene) -> Scene:
    takes_part(request, "kafka")
    return shared


class TestLargeNumbers:
    async def test_keep_their_order_as_text(self, at_work: Scene) -> None:
        await at_work.load.run(100)
        await at_work.check()

        ends = (await standing(at_work.stack.databases["recording"])).ends
        passed = sum(ends[partition] > start + 5 for partition, start in LIFTED.items())
        results.measured("P4", "partitions that passed 2^31 or 2^53 in order", passed, 2, least=True, seed=SEED)


class TestLostRecord:
    async def test_in_the_middle(self, at_work: Scene) -> None:
        """What follows it comes too early: it is put aside, and the feed is read at once."""
        scene, district = at_work, DISTRICTS[0]
        await scene.load.run(50)
        await scene.drain()
        before = await consumed(scene.stack, "reporting", "early")
        scene.stack.set_hook("recording", LOSE_RECORD, "LOSE")
        await scene.load.capture(district)
        await scene.stack.sprung("recording", LOSE_RECORD)
        await scene.load.capture(district)

        healed = await scene.drain()

        early = await consumed(scene.stack, "reporting", "early") - before
        results.measured("P4", "records put aside because one before them was missing", early, 1, least=True, seed=SEED)
        results.seconds("P4", "one record lost in the middle, healed", healed, HEALED_SECONDS, seed=SEED)
        await scene.check()

    async def test_at_the_tail(self, at_work: Scene) -> None:
        """Nothing follows it: only the heads of the source tell."""
        scene = at_work
        scene.stack.set_hook("recording", LOSE_RECORD, "LOSE")
        await scene.load.capture(DISTRICTS[0])
        await scene.stack.sprung("recording", LOSE_RECORD)

        healed = await scene.drain()

        results.seconds("P4", "one record lost at the tail, healed", healed, HEALED_SECONDS, seed=SEED)
        await scene.check(again=False)


class TestTopicLost:
    async def test_made_again_under_a_running_stack(self, at_work: Scene) -> None:
        scene = at_work
        await scene.load.run(50)
        await scene.stack.empty_topics()
        await scene.load.run(50)

        healed = await scene.drain()

        results.seconds("P16", "topics deleted and made again, healed", healed, HEALED_SECONDS, seed=SEED)
        await scene.check()

    async def test_retention_took_what_was_not_heard(self, at_work: Scene) -> None:
        scene, topics = at_work, at_work.stack.topics
        assert topics is not None
        await scene.drain()
        await scene.stack.kill("reporting")
        await scene.load.run(60)
        await sent(scene)
        for partition, n in (await standing(scene.stack.databases["recording"])).ends.items():
            if n > LIFTED[partition]:
                await topics.cut(topics.names[0], partition, before=-1)  # all that is there now
        await scene.load.run(20)

        await scene.stack.start("reporting")
        healed = await scene.drain()

        results.seconds("P16", "retention moved past the position, healed", healed, HEALED_SECONDS, seed=SEED)
        await scene.check()

    async def test_made_again_and_grown_past_the_hint(self, at_work: Scene) -> None:
        """At the offset it remembers stands another event, and no error tells."""
        scene = at_work
        await scene.drain()
        await scene.stack.kill("reporting")
        await scene.stack.empty_topics()
        for name in SOURCES:  # everything is sent again and once more: further than it ever stood
            for _ in range(2):
                await send_again(scene.stack.databases[name])
                await sent(scene)
        await scene.load.run(20)

        await scene.stack.start("reporting")
        healed = await scene.drain()

        results.seconds(
            "P16", "topics made again and grown past the position, healed", healed, HEALED_SECONDS, seed=SEED
        )
        await scene.check()


async def sent(scene: Scene) -> None:
    """Until everything said was handed over."""
    end = time.monotonic() + 60 * results.allowance()
    for name in SOURCES:
        while (await standing(scene.stack.databases[name])).unsent:
            assert time.monotonic() < end, scene.stack.log_of(name)
            await asyncio.sleep(0.1)
