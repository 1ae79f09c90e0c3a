"""Backlog: a topic full of events, the bare loop that only counts them, and the product's consumer that folds them."""

import asyncio
import pickle
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial

from aiokafka import AIOKafkaConsumer, TopicPartition

from benchmarks.server_process import run_beside_load
from benchmarks.workload import Workload
from services.reporting.main import service
from services.reporting.projection.apply import apply_batch
from services.reporting.projection.bulk import bulk_load
from services.reporting.projection.bulk.aggregate import EFFECTS_OF_SIGNATURE, BulkAggregate
from shared.db import Database
from shared.messaging.consumer import Consumer
from shared.messaging.inbox import DatabaseInbox
from shared.messaging.outbox import PARTITIONS
from shared.messaging.pipelined import PipelinedFold
from shared.messaging.transports import Incoming, SeekPosition
from shared.messaging.transports.end_offsets import EndOffsets
from shared.messaging.transports.kafka import KafkaLog, KafkaSubscription
from tests.backends import run_state
from tests.backends.database_templates import prepare_database
from tests.backends.kafka import Topics
from tests.backends.postgres import Postgres

EVENTS = 900_000  # half a working day of the nation: what waits after one without reporting
EVENTS_PLAIN = 60_000  # for the plain fold, which takes much longer for each
RECORDS_OF_A_BATCH = 1000  # as a publisher with a backlog of its own sends them


class Backlog:
    """So many events of recording on a topic of their own, and a feed that says so and has nothing else."""

    def __init__(self, topics: Topics, number: int) -> None:
        self.topics, self.topic, self.number, self.workload = topics, topics.names[0], number, Workload()

    async def make(self) -> None:
        """Once in a run: the goals that fold may share it."""
        note = run_state.run_folder() / f"backlog-{self.number}.pickle"
        if note.exists():
            prefix, self.workload = pickle.loads(note.read_bytes())
            self.topics = Topics(self.topics.servers, prefix)
            self.topic = self.topics.names[0]
            return
        await self.topics.make()
        await self.say(self.number)
        note.write_bytes(pickle.dumps((self.topics.prefix, self.workload)))

    async def say(self, number: int) -> None:
        log = KafkaLog(self.topics.settings.brokers, self.topic)
        waiting: dict[int, list] = {partition: [] for partition in range(PARTITIONS)}  # type: ignore[type-arg]
        for partition, record in self.workload.records(number):
            waiting[partition].append(record)
            if len(waiting[partition]) == RECORDS_OF_A_BATCH:
                assert await log.append(partition, waiting[partition])
                waiting[partition] = []
        for partition, records in waiting.items():
            assert await log.append(partition, records)
        await log.close()

    async def end_offsets(self) -> EndOffsets:
        return self.workload.end_offsets()

    async def read_after(self, positions: Mapping[int, SeekPosition]) -> Sequence[Incoming]:
        raise AssertionError("nothing is missing on the bus")

    async def bare(self) -> float:
        """The yardstick: aiokafka's own loop, which only counts. -> events a second."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.topics.servers, group_id=None, enable_auto_commit=False, auto_offset_reset="earliest"
        )
        await consumer.start()
        consumer.assign([TopicPartition(self.topic, partition) for partition in range(PARTITIONS)])
        counted, began = 0, time.perf_counter()
        while counted < self.number:
            counted += sum(map(len, (await consumer.getmany(timeout_ms=2000, max_records=5000)).values()))
        seconds = time.perf_counter() - began
        await consumer.stop()
        return counted / seconds

    def consumer(self, inbox: DatabaseInbox, subscription: KafkaSubscription, *, plain: bool = False) -> Consumer:
        """Wired as the service wires it; plain: each event on its own, through `subjects/`."""
        pipeline = None if plain else PipelinedFold(inbox, partial(BulkAggregate, "recording"))
        return Consumer("recording", inbox, subscription, self, pipeline=pipeline)

    def subscription(self) -> KafkaSubscription:
        return KafkaSubscription(self.topics.settings.brokers, self.topic)

    async def fill_read_models(
        self, database: Database, inbox: Callable[..., DatabaseInbox] = DatabaseInbox, *, plain: bool = False
    ) -> float:
        """The product: its consumer until its position, with all effects, is at the end. -> events a second."""
        EFFECTS_OF_SIGNATURE.clear()
        subscription = self.subscription()
        consumer = self.consumer(inbox(database, "recording", apply_batch), subscription, plain=plain)
        await consumer.begin()
        began = time.perf_counter()
        await run_beside_load(consumer.step, catch_up(consumer))
        seconds = time.perf_counter() - began
        await consumer.end()
        await subscription.close()
        return self.number / seconds

    async def rebuilt(self, database: Database) -> float:
        """The product: empty books filled from the first event, as `rekap rebuild` does it. -> events a second."""
        EFFECTS_OF_SIGNATURE.clear()
        subscription, inbox = self.subscription(), DatabaseInbox(database, "recording", apply_batch)
        consumer = self.consumer(inbox, subscription)
        await consumer.begin()
        began = time.perf_counter()
        await bulk_load.bulk_load_from_topic(
            inbox, consumer.state, self.topics.settings.brokers, self.topic, self.workload.seqs
        )
        seconds = time.perf_counter() - began
        assert not consumer.is_behind(), "filled to the end"
        await subscription.close()
        return self.number / seconds


async def catch_up(consumer: Consumer) -> None:
    """Its steps wait for more when all is folded already, so somebody beside them looks."""
    while consumer.is_behind():  # noqa: ASYNC110 -- as the position is a number
        await asyncio.sleep(0.005)


@asynccontextmanager
async def fresh_postgres(server: Postgres) -> AsyncIterator[Database]:
    """Reporting's database, empty and migrated, open as the service opens it."""
    url = await server.make_database(partial(prepare_database, service), key="reporting")
    async with open_database(url) as database:
        yield database
    await server.drop(url)


@asynccontextmanager
async def open_database(url: str) -> AsyncIterator[Database]:
    database = Database(url, durable=False)
    await database.open()
    try:
        yield database
    finally:
        await database.close()
