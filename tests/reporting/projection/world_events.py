"""World events: the events of a world folded into a database, in whatever order and batches they come."""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from services.reporting.projection.apply import apply_batch
from services.reporting.projection.bulk.aggregate import BulkAggregate
from shared.db import Database
from shared.events import codec
from shared.messaging.inbox import EventOrigin, ReceivedEvent
from shared.messaging.outbox import SequencedEvent
from shared.messaging.transports import RecordBatch
from tests.oracle.random_world import PublishedEvent, World
from tests.reporting.projection.memory_source import EPOCH


async def fold_world(database: Database, world: World, order: random.Random) -> None:
    """Each partition in its order, the partitions mixed, batches of any size."""
    for batch in random_batches(list(interleave(world.log, order)), order):
        async with database.write() as session:
            await apply_batch(session, [to_received(said) for said in batch])


def interleave(log: Sequence[PublishedEvent], order: random.Random) -> Iterator[PublishedEvent]:
    lanes: dict[tuple[str, int], list[PublishedEvent]] = defaultdict(list)
    for said in log:
        lanes[said.service, said.partition].append(said)
    while lanes:
        lane = order.choice(sorted(lanes))
        yield lanes[lane].pop(0)
        if not lanes[lane]:
            del lanes[lane]


def random_batches(log: list[PublishedEvent], order: random.Random) -> Iterator[list[PublishedEvent]]:
    while log:
        size = order.choice([1, 2, 7, 50])
        yield log[:size]
        log = log[size:]


def to_received(said: PublishedEvent) -> ReceivedEvent:
    return ReceivedEvent(EventOrigin(said.service, said.partition, said.seq, said.id, said.at), said.event)


async def fold_world_in_bulk(database: Database, world: World, order: random.Random) -> None:
    """The same by the stretch, as a backlog comes from a topic: stretches of one source, stored now and then."""
    for source in sorted({said.service for said in world.log}):
        gathering = BulkAggregate(source)
        for record_batch, after in record_batches([said for said in world.log if said.service == source], order):
            assert gathering.take(record_batch, after, str(EPOCH)), "what follows plainly is taken"
            if order.random() < 0.3:
                await store_aggregate(database, gathering)
                gathering = BulkAggregate(source)
        await store_aggregate(database, gathering)


async def store_aggregate(database: Database, gathering: BulkAggregate) -> None:
    async with database.write() as session:
        await gathering.store(session)


def record_batches(log: Sequence[PublishedEvent], order: random.Random) -> Iterator[tuple[RecordBatch, int]]:
    """-> each with the number it follows."""
    for partition in sorted({said.partition for said in log}):
        mine = [said for said in log if said.partition == partition]
        while mine:
            some, mine = mine[: (size := order.choice([1, 2, 7, 50]))], mine[size:]
            values = [encode_event(said) for said in some]
            yield RecordBatch(partition, range(len(values)), values), some[0].seq - 1


def encode_event(said: PublishedEvent) -> bytes:
    row = SequencedEvent(
        said.partition, said.seq, said.at, str(said.id), said.event.type, str(said.id), said.event.district,
        said.event.district, msgspec.json.encode(said.event).decode(), None,
    )  # fmt: skip
    return codec.encode(row, said.service, EPOCH)
