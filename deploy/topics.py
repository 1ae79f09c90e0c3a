"""The topics job: makes what the services publish on, once per installation. `python -m deploy.topics --help`."""

import asyncio
import contextlib
import time
from collections.abc import Iterable
from typing import Annotated

import typer
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    InvalidReplicationFactorError,
    NodeNotReadyError,
    NoError,
    TopicAlreadyExistsError,
    for_code,
)

from shared.events import TOPICS
from shared.messaging.outbox import PARTITIONS
from shared.messaging.transports.kafka import client_options
from shared.settings import ServiceSettings, settings_of

READY_SECONDS = 30


class TopicsDiffer(Exception):
    """A topic is there with another number of partitions: it cannot be changed, only a new version be made."""


async def make_topics(
    settings: ServiceSettings,
    topics: Iterable[str],
    *,
    partitions: int = PARTITIONS,
    replicas: int = 1,
    in_sync: int = 1,
) -> list[str]:
    """Make the topics that are not there and wait until every partition answers. -> those made now.

    in_sync: replicas that must have a record before it is acknowledged; in a real installation 2 of 3.
    Raises TopicsDiffer, KafkaError, TimeoutError.
    """
    names = list(topics)
    async with asyncio.timeout(READY_SECONDS):
        admin = await connect_admin(settings)
    try:
        config = {"min.insync.replicas": str(in_sync), "unclean.leader.election.enable": "false"}
        made = await create_topics(
            admin, [NewTopic(name, partitions, replicas, topic_configs=config) for name in names]
        )
        async with asyncio.timeout(READY_SECONDS):
            await wait_for_metadata(admin, names, partitions)
    finally:
        await admin.close()
    async with asyncio.timeout(READY_SECONDS):
        await wait_for_leaders(settings, [TopicPartition(name, p) for name in names for p in range(partitions)])
    return made


async def connect_admin(settings: ServiceSettings) -> AIOKafkaAdminClient:
    """To brokers that name themselves: one that has just started answers without any. Raises KafkaError."""
    while True:
        admin = AIOKafkaAdminClient(**client_options(settings.brokers))
        await admin.start()
        with contextlib.suppress(NodeNotReadyError):
            if (await admin.describe_cluster())["brokers"]:
                return admin
        await admin.close()
        await asyncio.sleep(0.1)


async def create_topics(admin: AIOKafkaAdminClient, topics: list[NewTopic]) -> list[str]:
    """Those that are not there. -> their names. Raises KafkaError.

    A broker that has just started is not counted yet: where there are too few for the copies, it is waited for.
    """
    made: list[str] = []
    end = time.monotonic() + READY_SECONDS
    while True:
        response = await admin.create_topics(topics)
        errors = {name: for_code(code) for name, code, *_ in response.topic_errors}
        for name, error in errors.items():
            if error is InvalidReplicationFactorError and time.monotonic() < end:
                continue
            if error not in (NoError, TopicAlreadyExistsError):
                raise error(name)
        made += [name for name, error in errors.items() if error is NoError]
        topics = [topic for topic in topics if errors[topic.name] is InvalidReplicationFactorError]
        if not topics:
            return made
        await asyncio.sleep(0.1)


async def wait_for_metadata(admin: AIOKafkaAdminClient, topics: list[str], partitions: int) -> None:
    """Until the brokers know of every topic, each with its partitions."""
    waiting = set(topics)
    while waiting:
        for topic in await admin.describe_topics(sorted(waiting)):
            if topic["error_code"] == 0 and topic["partitions"]:
                if len(topic["partitions"]) != partitions:
                    raise TopicsDiffer(f"{topic['topic']} has {len(topic['partitions'])} partitions, not {partitions}")
                waiting.discard(topic["topic"])
        await asyncio.sleep(0.02)


async def wait_for_leaders(settings: ServiceSettings, partitions: list[TopicPartition]) -> None:
    """Until the leader of every partition says where it ends: metadata alone come too early."""
    consumer = AIOKafkaConsumer(**client_options(settings.brokers))
    await consumer.start()
    try:
        await consumer.end_offsets(partitions)
    finally:
        await consumer.stop()


def main(
    replicas: Annotated[int, typer.Option(help="Copies of each record; 3 in a real installation.")] = 1,
    in_sync: Annotated[int, typer.Option(help="Copies that must stand before an acknowledgement; 2 of 3.")] = 1,
) -> None:
    """Make the topics of all services at the brokers that REKAP_KAFKA names. Doing it again changes nothing."""
    settings = settings_of("topics")
    names = [settings.topic(publisher) for publisher in TOPICS]
    made = asyncio.run(make_topics(settings, names, replicas=replicas, in_sync=in_sync))
    for name in names:
        print(f"{name}: {'made' if name in made else 'was there'}")


if __name__ == "__main__":
    typer.run(main)
