"""What only a real cluster shows: a leader lost, too few in sync, and each principal kept to its own topics."""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.events import TOPICS
from shared.messaging.outbox import PARTITIONS
from shared.messaging.transports import Outgoing, SeekPosition
from shared.messaging.transports.kafka import KafkaLog, KafkaSubscription
from tests.backends import run_state
from tests.faults import results
from tests.faults.clusters import ADMIN, SecuredBroker, ThreeBrokers
from tests.faults.conftest import SEED, FaultScenario, MakeScenario
from tests.faults.database_state import position_of
from tests.faults.stack import SOURCES_OF_CONSUMER
from tests.journeys.stack import SERVICES

pytestmark = pytest.mark.timeout(1800)

BACK_SECONDS = 10  # a broker counts as gone after 2 s here, and after 9 by default


@pytest.fixture
def trio(folder: Path) -> Iterator[ThreeBrokers]:
    with tempfile.TemporaryDirectory(dir=run_state.run_folder()) as name:
        cluster = ThreeBrokers(Path(name))
        try:
            cluster.start()
        except run_state.BackEndMissing as reason:
            run_state.skip_or_fail("Apache Kafka", reason)
        yield cluster
        cluster.kill()


class TestThreeNodes:
    async def test_a_lost_leader_and_too_few_in_sync(self, trio: ThreeBrokers, make_scenario: MakeScenario) -> None:
        scenario = await make_scenario("kafka", servers=trio.servers, make_topics=trio.make_topics)
        topics = scenario.stack.topics
        assert topics is not None
        await scenario.load.run(60)
        await scenario.drain()
        leader = await trio.leader_of(topics, topics.names[0], 0)
        await asyncio.to_thread(leader.kill)
        began = time.monotonic()
        await scenario.load.run(60)
        await scenario.drain()
        results.check_seconds(
            "K1", "events sent while a leader was lost are heard", time.monotonic() - began, BACK_SECONDS + 10
        )

        errors, held = await lose_one_broker(scenario, trio)

        results.check_at_most("K1", "HTTP errors with one of three brokers left", errors, 0)
        results.check_at_most("K1", "events held back with one of three left", held, 1, least=True)
        await asyncio.to_thread(start_the_dead, trio)
        results.check_seconds("K1", "caught up, all brokers back", await scenario.drain(), 30)
        await scenario.check()
        results.record("K1", "differences from the plain count", 0, 0, passed=True, seed=SEED)


async def lose_one_broker(scenario: FaultScenario, trio: ThreeBrokers) -> tuple[int, int]:
    """-> HTTP errors, and the events that nobody acknowledges meanwhile."""
    await asyncio.to_thread(next(node for node in trio.nodes if node.running).kill)
    before = scenario.history.errors
    await scenario.load.run(40)
    await asyncio.sleep(3)
    return scenario.history.errors - before, (await position_of(scenario.stack.databases["recording"])).unsent


def start_the_dead(trio: ThreeBrokers) -> None:
    for node in trio.nodes:
        if not node.running:
            node.start()


PASSWORDS = {name: f"{name}-{'secret' * 2}" for name in (*SERVICES, ADMIN)}


@pytest.fixture
def guarded() -> Iterator[SecuredBroker]:
    with tempfile.TemporaryDirectory(dir=run_state.run_folder()) as name:
        broker = SecuredBroker(Path(name), PASSWORDS)
        try:
            broker.begin()
        except run_state.BackEndMissing as reason:
            run_state.skip_or_fail("Apache Kafka", reason)
        yield broker
        broker.kill()


class TestPrincipals:
    async def test_each_writes_its_own_topic_and_reads_what_it_listens_to(
        self, guarded: SecuredBroker, make_scenario: MakeScenario
    ) -> None:
        of = {
            name: {
                f"REKAP_{name.upper()}_KAFKA_USER": name,
                f"REKAP_{name.upper()}_KAFKA_PASSWORD": PASSWORDS[name],
                f"REKAP_{name.upper()}_KAFKA_CA_FILE": str(guarded.ca_file),
            }
            for name in SERVICES
        }

        async def make_topics(topics: object) -> None:
            await guarded.make_topics(topics)  # type: ignore[arg-type]  # the stack's own
            for name in SERVICES:
                write = [topics.prefix + TOPICS[name]] if name in TOPICS else []  # type: ignore[attr-defined]
                read = [topics.prefix + TOPICS[source] for source in SOURCES_OF_CONSUMER.get(name, ())]  # type: ignore[attr-defined]
                await guarded.grant(name, write=write, read=read)

        scenario = await make_scenario("kafka", servers=guarded.servers, make_topics=make_topics, of=of)
        await scenario.load.run(80)
        await scenario.check()

        tried, allowed = await try_foreign_topics(guarded, scenario)

        results.record("P40", "Kafka: topics of others that a service tried to write or read", tried, passed=True)
        results.check_at_most("P40", "Kafka: of these allowed", allowed, 0)
        assert not await can_write(guarded, "recording", scenario, "recording", kafka_password="wrong")


async def try_foreign_topics(guarded: SecuredBroker, scenario: FaultScenario) -> tuple[int, int]:
    """Every service at every topic it has no business with. -> tried, and allowed."""
    tried = allowed = 0
    for name in SERVICES:
        for owner in TOPICS:
            if owner != name:
                tried += 1
                allowed += await can_write(guarded, name, scenario, owner)
            if owner not in SOURCES_OF_CONSUMER.get(name, ()):
                tried += 1
                allowed += await can_read(guarded, name, scenario, owner)
    return tried, allowed


async def can_write(guarded: SecuredBroker, name: str, scenario: FaultScenario, owner: str, **given: object) -> bool:
    log = KafkaLog(guarded.settings(name, **given).brokers, topic_of(scenario, owner))
    try:
        return await log.append(0, [Outgoing(1, "61.03", b"{}")])
    finally:
        await log.close()


async def can_read(guarded: SecuredBroker, name: str, scenario: FaultScenario, owner: str) -> bool:
    tail = KafkaSubscription(guarded.settings(name).brokers, topic_of(scenario, owner))
    try:
        await tail.seek({partition: SeekPosition(0) for partition in range(PARTITIONS)})
        return any([await tail.read() for _ in range(3)])
    finally:
        await tail.close()


def topic_of(scenario: FaultScenario, owner: str) -> str:
    assert scenario.stack.topics is not None
    return scenario.stack.topics.prefix + TOPICS[owner]
