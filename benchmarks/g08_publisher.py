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
from tests.backends.kafka import Topics
from tests.backends.postgres import Postgres
from tests.backends.schema import prepare

GOAL = Goal("G8", "publisher: number, send, mark", "aiokafka send() of the same, acknowledged", 2.0, 3.5)
EVENTS = 40_000
AT_ONCE = 5000
COLUMNS = ("partition", "event_id", "type", "subject", "home", "district", "data", "traceparent")


async def measure(bench: Bench) -> Sequence[Measured]:
    topics, server, workload = bench.kafka(), bench.postgres(), Workload()
    await topics.make()
    rows = list(workload.rows(EVENTS))
    messages = [
        (partition, row.home.encode(), codec.encode(row, "recording", workload.history)) for partition, row in rows
    ]
    publish, send = partial(published, server, topics, rows), partial(sent, topics, messages)
    measured = await bench.compare(GOAL, publish, send, events=EVENTS, size="messages/s")
    await topics.delete()
    return [measured]


async def published(server: Postgres, topics: Topics, rows: Sequence[tuple[int, Row]]) -> float:
    """By the product, from an outbox of its own. -> messages a second."""
    url = await server.make_database()
    await prepare(service, url)
    await fill(url, rows)
    database = Database(url)
    await database.open()
    log = KafkaLog(topics.settings.brokers, topics.names[0])
    await log._started()  # connecting is no part of it, nor of the yardstick
    store = DatabasePublisherStore(database, "recording")
    began = time.perf_counter()
    running = asyncio.create_task(Publisher(store, log, each=concurrently).run())
    while await marked(database) < EVENTS:  # noqa: ASYNC110 -- as the mark is a row
        await asyncio.sleep(0.02)
    seconds = time.perf_counter() - began
    running.cancel()
    await asyncio.wait([running])
    await log.close()
    await database.close()
    await server.drop(url)
    return EVENTS / seconds


async def sent(topics: Topics, messages: Sequence[tuple[int, bytes, bytes]]) -> float:
    """The yardstick. -> messages a second."""
    producer = AIOKafkaProducer(
        bootstrap_servers=topics.servers, acks="all", enable_idempotence=True, linger_ms=5,
        compression_type="zstd", max_batch_size=BATCH_BYTES,
    )  # fmt: skip
    await producer.start()
    began = time.perf_counter()
    for start in range(0, EVENTS, AT_ONCE):
        waiting = [
            await producer.send(topics.names[0], value, key, partition=partition, headers=HEADERS)
            for partition, key, value in messages[start : start + AT_ONCE]
        ]
        await asyncio.gather(*waiting)
    seconds = time.perf_counter() - began
    await producer.stop()
    return EVENTS / seconds


async def marked(database: Database) -> int:
    async with database.autocommit() as connection:
        return sum(state.mark for state in await outbox.partition_states(connection))


async def fill(url: str, rows: Sequence[tuple[int, Row]]) -> None:
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
