"""Filling: new books are folded in memory, source by source, and copied into empty tables as far as nothing is odd.

Whoever calls goes on with a consumer behind what is stored then: it knows how to park, to drop and to ask again.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Protocol

from services.reporting.gathering import Gathering
from shared.ahead import HELD_AT_MOST, Held
from shared.bus import Position, Stretch
from shared.consumer import Feed
from shared.inbox import DatabaseInbox, Heard, Moved, Reached
from shared.inbox.received import is_content_error


class Stretches(Protocol):
    """Kafka, or a feed."""

    async def seek(self, positions: Mapping[int, Position]) -> None: ...
    async def read_stretches(self) -> Sequence[Stretch]: ...


async def fill(inbox: DatabaseInbox, heard: Heard, tail: Stretches, ends: Mapping[int, int]) -> None:
    """Fold what the tail gives, up to these seqs, and move the positions. heard: of empty books."""
    await tail.seek({partition: Position(0) for partition in heard.positions})
    reached = dict(heard.positions)
    held = Held(Gathering(inbox.source))
    while any(reached[partition].last_seq < end for partition, end in ends.items()):
        found = [cut for stretch in await tail.read_stretches() if (cut := up_to(stretch, reached, ends))]
        if not found or not all(take(stretch, held, reached, str(heard.history)) for stretch in found):
            break
        if held.events > HELD_AT_MOST:
            await store(inbox, held, heard)
            held = Held(Gathering(inbox.source))
    await store(inbox, held, heard)


def up_to(stretch: Stretch, reached: Mapping[int, Reached], ends: Mapping[int, int]) -> Stretch | None:
    """The part before a partition's end, where the stretch is what follows; else `take` refuses it anyway."""
    wanted = ends.get(stretch.partition, 0) - reached[stretch.partition].last_seq
    return Stretch(stretch.partition, stretch.offsets[:wanted], stretch.values[:wanted]) if wanted > 0 else None


def take(stretch: Stretch, held: Held, reached: dict[int, Reached], history: str) -> bool:
    at = reached[stretch.partition]
    last_id = held.gathered.take(stretch, at.last_seq, history)
    if last_id is None:
        return False
    reached[stretch.partition] = Reached(at.last_seq + len(stretch.values), last_id, stretch.offsets[-1])
    held.reached[stretch.partition] = reached[stretch.partition]
    held.numbers[stretch.partition] += len(stretch.values)
    return True


async def store(inbox: DatabaseInbox, held: Held, heard: Heard) -> None:
    if not held.reached:
        return
    try:
        await inbox.store(Moved(held.reached, held.numbers), held.gathered.store, heard)
    except Exception as error:
        if not is_content_error(error):
            raise  # else nothing is stored, and a consumer finds the culprit


class FeedStretches:
    """A feed as a tail that gives stretches."""

    def __init__(self, feed: Feed) -> None:
        self.feed, self.places = feed, dict[int, Position]()

    async def seek(self, positions: Mapping[int, Position]) -> None:
        self.places = dict(positions)

    async def read_stretches(self) -> Sequence[Stretch]:
        found = await self.feed.read_after(self.places)
        stretches = []
        for partition, records in groupby(found, lambda record: record.partition):
            mine = list(records)
            stretches.append(Stretch(partition, [each.offset for each in mine], [each.value for each in mine]))
            self.places[partition] = Position(mine[-1].offset)
        return stretches
