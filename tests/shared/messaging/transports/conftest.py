"""Fixtures for the adapters: both ends of a fresh topic, and a count of the tasks a client leaves behind."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from shared.messaging.outbox import PARTITIONS
from shared.messaging.transports import Outgoing, SeekPosition
from shared.messaging.transports.kafka import KafkaLog, KafkaSubscription
from tests.backends import kafka

FROM_START = {partition: SeekPosition(0) for partition in range(PARTITIONS)}


def outgoing_events(*numbers: int, size: int = 100) -> list[Outgoing]:
    return [Outgoing(number, "61.03", b"%d " % number + b"x" * size) for number in numbers]


@dataclass
class TopicEnds:
    """The publisher's and the consumer's end of one topic."""

    log: KafkaLog
    subscription: KafkaSubscription

    async def read(self, number: int, *, within_seconds: float = 20) -> list[tuple[int, int]]:
        """(partition, event) as they came, until there are so many."""
        found: list[tuple[int, int]] = []
        async with asyncio.timeout(within_seconds):
            while len(found) < number:
                found += [
                    (one.partition, int(one.value.split()[0])) for one in await self.subscription.read() if one.value
                ]
        return found

    async def append(self, *numbers: int, partition: int = 0, within_seconds: float = 20) -> None:
        """Until it is acknowledged, as the publisher does."""
        async with asyncio.timeout(within_seconds):
            while not await self.log.append(partition, outgoing_events(*numbers)):
                pass


async def ends_of(topics: kafka.Topics) -> AsyncIterator[TopicEnds]:
    ends = TopicEnds(
        KafkaLog(topics.settings.brokers, topics.names[0]), KafkaSubscription(topics.settings.brokers, topics.names[0])
    )
    await ends.subscription.seek(FROM_START)
    before = asyncio.all_tasks()
    yield ends
    await ends.log.close()
    await ends.subscription.close()
    await asyncio.sleep(0.1)
    assert tasks_left_since(before) == []


def tasks_left_since(before: set["asyncio.Task[object]"]) -> list[str]:
    return [repr(task) for task in asyncio.all_tasks() - before - {asyncio.current_task()} if not task.done()]


@pytest.fixture
async def ends(topics: kafka.Topics) -> AsyncIterator[TopicEnds]:
    """On the broker of the run. Fails the test if a task of a client is left."""
    async for ends in ends_of(topics):
        yield ends


@pytest.fixture
async def own_topics(own_broker: kafka.Broker) -> kafka.Topics:
    topics = kafka.Topics(own_broker.servers)
    await topics.make()
    return topics


@pytest.fixture
async def own_ends(own_topics: kafka.Topics) -> AsyncIterator[TopicEnds]:
    """The same on a broker that may be stopped."""
    async for ends in ends_of(own_topics):
        yield ends
