"""Bulk fixtures: read models filled from what a publisher wrote in two partitions, and how far a fill came."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import cache

import psutil

from services.reporting.main import service
from services.reporting.projection.apply import apply_batch
from services.reporting.projection.bulk.bulk_load import FeedBatches, bulk_load, bulk_load_from_topic
from services.reporting.rebuild.checksums import Checksums, read_checksums
from shared.db import Database
from shared.messaging.consumer import Consumer
from shared.messaging.inbox import DatabaseInbox
from shared.messaging.outbox import PARTITIONS
from shared.messaging.transports import Outgoing
from shared.messaging.transports.kafka import KafkaLog
from shared.service import Service
from shared.settings import ServiceSettings
from tests.backends.kafka import Topics
from tests.oracle.random_world import World
from tests.reporting.projection.memory_source import MemorySource
from tests.reporting.projection.world_events import encode_event

OpenDatabase = Callable[[Service], Awaitable[Database]]
SOURCE, ODD_PARTITION = "recording", 1  # the partition in which something is odd; partition 0 is never
RECORDS_PER_BATCH = 40


@cache
def encoded_events(source: str, steps: int) -> list[tuple[int, bytes]]:
    return [(said.partition, encode_event(said)) for said in World(11, steps=steps).log if said.service == source]


class MemoryPublisher(MemorySource):
    """What a publisher said in two partitions: its feed, and what it wrote into its topic."""

    def __init__(self, source: str = SOURCE, steps: int = 1500) -> None:
        super().__init__(source)
        for partition, value in encoded_events(source, steps):
            self.values[partition].append(value)
        self.topic: dict[int, list[bytes | None]] = {p: [*values] for p, values in self.values.items()}

    @property
    def ends(self) -> dict[int, int]:
        return {partition: len(self.values[partition]) for partition in range(PARTITIONS)}

    async def publish(self, topics: Topics) -> None:
        """As a publisher with a backlog sends them, some in one batch."""
        log = KafkaLog(topics.settings.brokers, topics.settings.topic(self.source))
        for partition, values in self.topic.items():
            for some in (
                values[start : start + RECORDS_PER_BATCH] for start in range(0, len(values), RECORDS_PER_BATCH)
            ):
                records = [Outgoing(0, "61.03", value) for value in some]  # type: ignore[arg-type]  # anybody may write None
                assert await log.append(partition, records)
        await log.close()


class FilledReadModels:
    """New books, and how far they came."""

    def __init__(self, publisher: MemoryPublisher, database: Database) -> None:
        self.publisher, self.database = publisher, database
        self.inbox = DatabaseInbox(database, publisher.source, apply_batch)
        self.consumer = Consumer(publisher.source, self.inbox, publisher, publisher, on_bus=False)

    @property
    def reached(self) -> dict[int, int]:
        return {partition: at.last_seq for partition, at in self.consumer.state.positions.items()}

    @property
    def missing(self) -> set[int]:
        return {partition for partition, end in self.publisher.ends.items() if self.reached[partition] < end}

    async def fill(self, settings: ServiceSettings) -> None:
        await self.consumer.begin()
        topic = settings.topic(self.inbox.source)
        await bulk_load_from_topic(self.inbox, self.consumer.state, settings.brokers, topic, self.publisher.ends)

    async def fill_from_feed(self) -> None:
        await bulk_load(self.inbox, self.consumer.state, FeedBatches(self.publisher), self.publisher.ends)

    async def digests(self) -> Checksums:
        async with self.database.read() as session:
            return await read_checksums(session)

    async def same(self) -> Checksums:
        """Once the feed gave what is missing."""
        await self.fill_from_feed()
        await self.consumer.catch_up()
        assert not self.missing
        return await self.digests()


async def fill_from_written_topic(
    publisher: MemoryPublisher, topics: Topics, open_database: OpenDatabase
) -> FilledReadModels:
    """New books from what a publisher wrote into its topic."""
    await publisher.publish(topics)
    books = FilledReadModels(publisher, await open_database(service))
    await books.fill(topics.settings)
    return books


async def fold_one_by_one(publisher: MemoryPublisher, open_database: OpenDatabase) -> Checksums:
    books = FilledReadModels(publisher, await open_database(service))
    await books.consumer.begin()
    await books.consumer.catch_up()
    return await books.digests()


class StartedReaders:
    """The readers that a filling began."""

    def __init__(self) -> None:
        self.processes: list[asyncio.subprocess.Process] = []

    def left(self) -> list[int]:
        return [each.pid for each in self.processes if psutil.pid_exists(each.pid)]
