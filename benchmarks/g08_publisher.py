"""G8: what waits in an outbox is numbered, sent and marked; against aiokafka's `send` of the same messages."""

import asyncio
import time
from collections.abc import Sequence
from functools import partial

import asyncpg
from aiokafka import AIOKafkaProducer

from benchmarks import harness
from benchmarks.harness import Bench, Goal, Measured
from benchmarks.workload import Row, Workload
from services.recording.main import service
from shared.db import Database
from shared.events import codec
from shared.messaging import outbox
from shared.messaging.publisher import DatabasePublisherStore, Publisher, concurrently
from shared.messaging.transports.kafka import BATCH_BYTES, HEADERS, KafkaLog
from tests.backends.database_templates import prepare_database
from tests.backends.kafka import Topics
from tests.backends.postgres import Postgres

GOAL = Goal("G8", "publisher: number, send, mark", "aiokafka send() of the same, acknowledged", 2.0, 3.5)
EVENTS = 40_000
BATCH = 5000
COLUMNS = ("partition", "event_id", "type", "subject", "home", "district", "data", "traceparent")


async def measure(bench: Bench) -> Sequence[Measured]:
    topics, server, workload = bench.kafka(), bench.postgres(), Workload()
    await topics.make()
    rows = list(workload.rows(EVENTS))
    messages = [
        (partition, row.home.encode(), codec.encode(row, "recording", workload.history)) for partition, row in rows
    ]
    publish, send = partial(publish_with_product, server, topics, rows), partial(send_with_aiokafka, topics, messages)
    measured = await bench.compare(GOAL, publish, send, events=EVENTS, size="messages/s")
    await topics.delete()
    return [measured]


async def publish_with_product(server: Postgres, topics: Topics, rows: Sequence[tuple[int, Row]]) -> float:
    """By the product, from an outbox of its own. -> messages a second."""
    url = await server.make_database()
    await prepare_database(service, url)
    await fill_outbox(url, rows)
    database = Database(url)
    await database.open()
    log = KafkaLog(topics.settings.brokers, topics.names[0])
    await log._open_producer()  # connecting is no part of it, nor of the yardstick
    store = DatabasePublisherStore(database, "recording")
    began = time.perf_counter()
    running = asyncio.create_task(Publisher(store, log, each=concurrently).run())
    while await published_count(database) < EVENTS:  # noqa: ASYNC110 -- as the mark is a row
        await asyncio.sleep(0.02)
    seconds = time.perf_counter() - began
    running.cancel()
    await asyncio.wait([running])
    await log.close()
    await database.close()
    await server.drop(url)
    return EVENTS / seconds


async def send_with_aiokafka(topics: Topics, messages: Sequence[tuple[int, bytes, bytes]]) -> float:
    """The yardstick. -> messages a second."""
    producer = AIOKafkaProducer(
        bootstrap_servers=topics.servers, acks="all", enable_idempotence=True, linger_ms=5,
        compression_type="zstd", max_batch_size=BATCH_BYTES,
    )  # fmt: skip
    await producer.start()
    began = time.perf_counter()
    for start in range(0, EVENTS, BATCH):
        waiting = [
            await producer.send(topics.names[0], value, key, partition=partition, headers=HEADERS)
            for partition, key, value in messages[start : start + BATCH]
        ]
        await asyncio.gather(*waiting)
    seconds = time.perf_counter() - began
    await producer.stop()
    return EVENTS / seconds


async def published_count(database: Database) -> int:
    async with database.autocommit() as connection:
        return sum(state.mark for state in await outbox.partition_states(connection))


async def fill_outbox(url: str, rows: Sequence[tuple[int, Row]]) -> None:
    """As many small transactions would leave it."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    records = [
        (partition, row.event_id, row.type, row.subject, row.home, row.home, row.data, row.traceparent)
        for partition, row in rows
    ]
    await connection.copy_records_to_table("outbox", records=records, columns=COLUMNS)
    await connection.execute("INSERT INTO unnumbered SELECT id, partition FROM outbox")
    await connection.execute("VACUUM ANALYZE outbox, unnumbered")
    await connection.close()


if __name__ == "__main__":
    harness.main([GOAL], measure)
