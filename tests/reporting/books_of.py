"""Books of a world: its events folded into a database, in whatever order and batches they come."""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence

from services.reporting.handlers import fold
from shared.db import Database
from shared.inbox import Received, Stamp
from tests.oracle.world import Said, World


async def take(database: Database, world: World, order: random.Random) -> None:
    """Each partition in its order, the partitions mixed, batches of any size."""
    for batch in batches(list(mixed(world.log, order)), order):
        async with database.write() as session:
            await fold(session, [received(said) for said in batch])


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
