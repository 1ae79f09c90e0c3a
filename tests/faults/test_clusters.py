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
from tests.backends import run
from tests.faults import results
from tests.faults.clusters import ADMIN, Guarded, Trio
from tests.faults.conftest import SEED, Make, Scene
from tests.faults.databases import standing
from tests.faults.stack import LISTENERS
from tests.journeys.stack import SERVICES

pytestmark = pytest.mark.timeout(1800)

BACK_SECONDS = 10  # a broker counts as gone after 2 s here, and after 9 by default


@pytest.fixture
def trio(folder: Path) -> Iterator[Trio]:
    with tempfile.TemporaryDirectory(dir=run.folder()) as name:
        cluster = Trio(Path(name))
        try:
            cluster.start()
        except run.Missing as reason:
            run.do_without("Apache Kafka", reason)
        yield cluster
        cluster.kill()


class TestThreeNodes:
    async def test_a_lost_leader_and_too_few_in_sync(self, trio: Trio, make_scene: Make) -> None:
        scene = await make_scene("kafka", servers=trio.servers, make_topics=trio.make_topics)
        topics = scene.stack.topics
        assert topics is not None
        await scene.load.run(60)
        await scene.drain()
        leader = await trio.leader_of(topics, topics.names[0], 0)
        await asyncio.to_thread(leader.kill)
        began = time.monotonic()
        await scene.load.run(60)
        await scene.drain()
        results.seconds(
            "K1", "events sent while a leader was lost are heard", time.monotonic() - began, BACK_SECONDS + 10
        )

        errors, held = await one_of_three(scene, trio)

        results.measured("K1", "HTTP errors with one of three brokers left", errors, 0)
        results.measured("K1", "events held back with one of three left", held, 1, least=True)
        await asyncio.to_thread(start_the_dead, trio)
        results.seconds("K1", "caught up, all brokers back", await scene.drain(), 30)
        await scene.check()
        results.record("K1", "differences from the plain count", 0, 0, passed=True, seed=SEED)


async def one_of_three(scene: Scene, trio: Trio) -> tuple[int, int]:
    """-> HTTP errors, and the events that nobody acknowledges meanwhile."""
    await asyncio.to_thread(next(node for node in trio.nodes if node.running).kill)
    before = scene.history.errors
    await scene.load.run(40)
    await asyncio.sleep(3)
    return scene.history.errors - before, (await standing(scene.stack.databases["recording"])).unsent


def start_the_dead(trio: Trio) -> None:
    for node in trio.nodes:
        if not node.running:
            node.start()


PASSWORDS = {name: f"{name}-{'secret' * 2}" for name in (*SERVICES, ADMIN)}


@pytest.fixture
def guarded() -> Iterator[Guarded]:
    with tempfile.TemporaryDirectory(dir=run.folder()) as name:
        broker = Guarded(Path(name), PASSWORDS)
        try:
            broker.begin()
        except run.Missing as reason:
            run.do_without("Apache Kafka", reason)
        yield broker
        broker.kill()


class TestPrincipals:
    async def test_each_writes_its_own_topic_and_reads_what_it_listens_to(
        self, guarded: Guarded, make_scene: Make
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
                read = [topics.prefix + TOPICS[source] for source in LISTENERS.get(name, ())]  # type: ignore[attr-defined]
                await guarded.grant(name, write=write, read=read)

        scene = await make_scene("kafka", servers=guarded.servers, make_topics=make_topics, of=of)
        await scene.load.run(80)
        await scene.check()

        tried, allowed = await trespass(guarded, scene)

        results.record("P40", "Kafka: topics of others that a service tried to write or read", tried, passed=True)
        results.measured("P40", "Kafka: of these allowed", allowed, 0)
        assert not await writes(guarded, "recording", scene, "recording", kafka_password="wrong")


async def trespass(guarded: Guarded, scene: Scene) -> tuple[int, int]:
    """Every service at every topic it has no business with. -> tried, and allowed."""
    tried = allowed = 0
    for name in SERVICES:
        for owner in TOPICS:
            if owner != name:
                tried += 1
                allowed += await writes(guarded, name, scene, owner)
            if owner not in LISTENERS.get(name, ()):
                tried += 1
                allowed += await reads(guarded, name, scene, owner)
    return tried, allowed


async def writes(guarded: Guarded, name: str, scene: Scene, owner: str, **given: object) -> bool:
    log = KafkaLog(guarded.settings(name, **given).brokers, topic_of(scene, owner))
    try:
        return await log.append(0, [Outgoing(1, "61.03", b"{}")])
    finally:
        await log.close()


async def reads(guarded: Guarded, name: str, scene: Scene, owner: str) -> bool:
    tail = KafkaSubscription(guarded.settings(name).brokers, topic_of(scene, owner))
    try:
        await tail.seek({partition: SeekPosition(0) for partition in range(PARTITIONS)})
        return any([await tail.read() for _ in range(3)])
    finally:
        await tail.close()


def topic_of(scene: Scene, owner: str) -> str:
    assert scene.stack.topics is not None
    return scene.stack.topics.prefix + TOPICS[owner]
