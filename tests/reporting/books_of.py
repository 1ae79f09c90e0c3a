"""Books of a world: its events folded into a database, in whatever order and batches they come."""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from services.reporting.projection.apply import apply_batch
from services.reporting.projection.bulk.aggregate import BulkAggregate
from shared.db import Database
from shared.events import codec
from shared.messaging.inbox import Received, Stamp
from shared.messaging.outbox import SequencedEvent
from shared.messaging.transports import RecordBatch
from tests.oracle.world import Said, World
from tests.reporting.memory import HISTORY


async def take(database: Database, world: World, order: random.Random) -> None:
    """Each partition in its order, the partitions mixed, batches of any size."""
    for batch in batches(list(mixed(world.log, order)), order):
        async with database.write() as session:
            await apply_batch(session, [received(said) for said in batch])


def mixed(log: Sequence[Said], order: random.Random) -> Iterator[Said]:
    lanes: dict[tuple[str, int], list[Said]] = defaultdict(list)
    for said in log:
        lanes[said.service, said.partition].append(said)
    while lanes:
        lane = order.choice(sorted(lanes))
        yield lanes[lane].pop(0)
        if not lanes[lane]:
            del lanes[lane]


def batches(log: list[Said], order: random.Random) -> Iterator[list[Said]]:
    while log:
        size = order.choice([1, 2, 7, 50])
        yield log[:size]
        log = log[size:]


def received(said: Said) -> Received:
    return Received(Stamp(said.service, said.partition, said.seq, said.id, said.at), said.event)


async def take_ahead(database: Database, world: World, order: random.Random) -> None:
    """The same by the stretch, as a backlog comes from a topic: stretches of one source, stored now and then."""
    for source in sorted({said.service for said in world.log}):
        gathering = BulkAggregate(source)
        for stretch, after in stretches([said for said in world.log if said.service == source], order):
            assert gathering.take(stretch, after, str(HISTORY)), "what follows plainly is taken"
            if order.random() < 0.3:
                await stored(database, gathering)
                gathering = BulkAggregate(source)
        await stored(database, gathering)


async def stored(database: Database, gathering: BulkAggregate) -> None:
    async with database.write() as session:
        await gathering.store(session)


def stretches(log: Sequence[Said], order: random.Random) -> Iterator[tuple[RecordBatch, int]]:
    """-> each with the number it follows."""
    for partition in sorted({said.partition for said in log}):
        mine = [said for said in log if said.partition == partition]
        while mine:
            some, mine = mine[: (size := order.choice([1, 2, 7, 50]))], mine[size:]
            values = [encoded(said) for said in some]
            yield RecordBatch(partition, range(len(values)), values), some[0].seq - 1


def encoded(said: Said) -> bytes:
    row = SequencedEvent(
        said.partition, said.seq, said.at, str(said.id), said.event.type, str(said.id), said.event.district,
        said.event.district, msgspec.json.encode(said.event).decode(), None,
    )  # fmt: skip
    return codec.encode(row, said.service, HISTORY)
