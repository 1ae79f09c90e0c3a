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
from tests.faults.conftest import SEED, FaultScenario, note_back_ends, run_scenario_or_skip
from tests.faults.database_state import position_of, publish_again
from tests.faults.drain import consumed_count
from tests.faults.hooked_serving import LOSE_RECORD
from tests.faults.stack import PUBLISHERS
from tests.oracle.random_world import DISTRICTS

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(1800)]

HEALED_SECONDS = 15
LARGE_SEQS = {partition: (2**53 if partition % 2 else 2**31) - 5 for partition in range(PARTITIONS)}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FaultScenario]:
    # heads asked for less often: else they may tell of a lost record before the one behind it does
    more = {"REKAP_HEADS_SECONDS": "4"}
    async with run_scenario_or_skip("kafka", tmp_path_factory.mktemp("lost"), lifted=LARGE_SEQS, more=more) as made:
        yield made


@pytest.fixture
def at_work(request: pytest.FixtureRequest, shared: FaultScenario) -> FaultScenario:
    note_back_ends(request, "kafka")
    return shared


class TestLargeNumbers:
    async def test_keep_their_order_as_text(self, at_work: FaultScenario) -> None:
        await at_work.load.run(100)
        await at_work.check()

        ends = (await position_of(at_work.stack.databases["recording"])).ends
        passed = sum(ends[partition] > start + 5 for partition, start in LARGE_SEQS.items())
        results.check_at_most("P4", "partitions that passed 2^31 or 2^53 in order", passed, 2, least=True, seed=SEED)


class TestLostRecord:
    async def test_in_the_middle(self, at_work: FaultScenario) -> None:
        """What follows it comes too early: it is put aside, and the feed is read at once."""
        scenario, district = at_work, DISTRICTS[0]
        await scenario.load.run(50)
        await scenario.drain()
        before = await consumed_count(scenario.stack, "reporting", "early")
        scenario.stack.set_hook("recording", LOSE_RECORD, "LOSE")
        await scenario.load.capture(district)
        await scenario.stack.sprung("recording", LOSE_RECORD)
        await scenario.load.capture(district)

        healed = await scenario.drain()

        early = await consumed_count(scenario.stack, "reporting", "early") - before
        results.check_at_most(
            "P4", "records put aside because one before them was missing", early, 1, least=True, seed=SEED
        )
        results.check_seconds("P4", "one record lost in the middle, healed", healed, HEALED_SECONDS, seed=SEED)
        await scenario.check()

    async def test_at_the_tail(self, at_work: FaultScenario) -> None:
        """Nothing follows it: only the heads of the source tell."""
        scenario = at_work
        scenario.stack.set_hook("recording", LOSE_RECORD, "LOSE")
        await scenario.load.capture(DISTRICTS[0])
        await scenario.stack.sprung("recording", LOSE_RECORD)

        healed = await scenario.drain()

        results.check_seconds("P4", "one record lost at the tail, healed", healed, HEALED_SECONDS, seed=SEED)
        await scenario.check(again=False)


class TestTopicLost:
    async def test_made_again_under_a_running_stack(self, at_work: FaultScenario) -> None:
        scenario = at_work
        await scenario.load.run(50)
        await scenario.stack.empty_topics()
        await scenario.load.run(50)

        healed = await scenario.drain()

        results.check_seconds("P16", "topics deleted and made again, healed", healed, HEALED_SECONDS, seed=SEED)
        await scenario.check()

    async def test_retention_took_what_was_not_heard(self, at_work: FaultScenario) -> None:
        scenario, topics = at_work, at_work.stack.topics
        assert topics is not None
        await scenario.drain()
        await scenario.stack.kill("reporting")
        await scenario.load.run(60)
        await wait_until_sent(scenario)
        for partition, n in (await position_of(scenario.stack.databases["recording"])).ends.items():
            if n > LARGE_SEQS[partition]:
                await topics.cut(topics.names[0], partition, before=-1)  # all that is there now
        await scenario.load.run(20)

        await scenario.stack.start("reporting")
        healed = await scenario.drain()

        results.check_seconds("P16", "retention moved past the position, healed", healed, HEALED_SECONDS, seed=SEED)
        await scenario.check()

    async def test_made_again_and_grown_past_the_hint(self, at_work: FaultScenario) -> None:
        """At the offset it remembers stands another event, and no error tells."""
        scenario = at_work
        await scenario.drain()
        await scenario.stack.kill("reporting")
        await scenario.stack.empty_topics()
        for name in PUBLISHERS:  # everything is sent again and once more: further than it ever stood
            for _ in range(2):
                await publish_again(scenario.stack.databases[name])
                await wait_until_sent(scenario)
        await scenario.load.run(20)

        await scenario.stack.start("reporting")
        healed = await scenario.drain()

        results.check_seconds(
            "P16", "topics made again and grown past the position, healed", healed, HEALED_SECONDS, seed=SEED
        )
        await scenario.check()


async def wait_until_sent(scenario: FaultScenario) -> None:
    """Until everything said was handed over."""
    end = time.monotonic() + 60 * results.time_factor()
    for name in PUBLISHERS:
        while (await position_of(scenario.stack.databases[name])).unsent:
            assert time.monotonic() < end, scenario.stack.log_of(name)
            await asyncio.sleep(0.1)
