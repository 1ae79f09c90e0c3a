"""Shares: partitions of a source, read and folded in memory as far as nothing is odd. Knows no database."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from services.reporting.folded import Folded
from services.reporting.gathering import Gathering, no_collector
from shared.bus import Position, Reached, Stretch
from shared.events import codec
from shared.events.codec import Stray

TRIES = 9  # reads that bring nothing new, one that brings nothing at all counts for three: then somebody else goes on


class Stretches(Protocol):
    """Kafka, or a feed."""

    async def seek(self, positions: Mapping[int, Position]) -> None: ...
    async def read_stretches(self) -> Sequence[Stretch]: ...


class Wanted(NamedTuple):
    """What is to be read: of a source in its present history, behind these places, up to these seqs.

    at_once: events of one share, of most of which only a number is held.
    """

    source: str
    history: str
    after: Mapping[int, Reached]
    ends: Mapping[int, int]
    at_once: int

    def number(self, partition: int) -> int:
        return max(0, self.ends[partition] - self.after[partition].last_seq)

    def of(self, partitions: Sequence[int]) -> "Wanted":
        return self._replace(
            after={partition: self.after[partition] for partition in partitions},
            ends={partition: self.ends[partition] for partition in partitions},
        )


@dataclass
class Share:
    """What events mean, how many of each partition they are, and where the last of them stands."""

    folded: Folded = field(default_factory=Folded)
    reached: dict[int, Reached] = field(default_factory=dict)
    numbers: Counter[int] = field(default_factory=Counter)

    @property
    def events(self) -> int:
        return self.numbers.total()

    def add(self, later: "Share") -> None:
        self.folded.add_all(later.folded)
        self.reached |= later.reached
        self.numbers += later.numbers


async def shares(tail: Stretches, wanted: Wanted) -> AsyncIterator[Share]:
    """All that is wanted, or as much of each partition as plainly follows; somebody else looks at the rest."""
    await tail.seek({partition: Position(at.last_seq, at.hint) for partition, at in wanted.after.items()})
    reading, tries = Reading(wanted), 0
    while reading.open and tries < TRIES:
        found = await tail.read_stretches()
        is_new = [reading.take(stretch) for stretch in found]
        tries = 0 if any(is_new) else tries + (1 if found else TRIES // 3)
        if reading.share.events > wanted.at_once or not reading.open:
            if (share := reading.explained()) is None:
                return
            yield share
    if share := reading.explained():
        yield share


class Reading:
    """Follows each partition until its end, or until something is odd there."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted, self.at = wanted, dict(wanted.after)
        self.open = {partition for partition in wanted.ends if wanted.number(partition)}
        self.gathering, self.share = Gathering(wanted.source), Share()

    def take(self, stretch: Stretch) -> bool:
        """-> whether there was anything new in it."""
        partition = stretch.partition
        if partition not in self.open:
            return False
        at = self.at[partition]
        left = self.wanted.ends[partition] - at.last_seq
        cut = Stretch(partition, stretch.offsets[:left], stretch.values[:left])
        last_id = self.gathering.take(cut, at.last_seq, self.wanted.history)
        if last_id is None:
            return self.take_unheard(stretch, at.last_seq)
        number = len(cut.values)
        self.at[partition] = self.share.reached[partition] = Reached(at.last_seq + number, last_id, cut.offsets[-1])
        self.share.numbers[partition] += number
        if number == left:
            self.open.discard(partition)
        return True

    def take_unheard(self, stretch: Stretch, after: int) -> bool:
        heard = said_before(stretch, after, self.wanted)
        if heard == len(stretch.values):
            return False
        if heard == 0:
            self.open.discard(stretch.partition)
            return False
        return self.take(Stretch(stretch.partition, stretch.offsets[heard:], stretch.values[heard:]))

    def explained(self) -> Share | None:
        """What was taken since the last time; none where there is nothing, or one event cannot be folded."""
        gathering, share = self.gathering, self.share
        self.gathering, self.share = Gathering(self.wanted.source), Share()
        if not share.reached:
            return None
        try:
            with no_collector():
                share.folded = gathering.folded().in_order()
        except Exception:  # whichever, it is the event's own: who takes them one by one finds and parks it
            return None
        return share


def said_before(stretch: Stretch, after: int, wanted: Wanted) -> int:
    """How many at its beginning: a publisher that never heard of its success says the same again."""
    for number, value in enumerate(stretch.values):
        try:
            envelope = codec.read(value, wanted.source)
        except Stray:
            return number
        if envelope.history != wanted.history or envelope.seq > after:
            return number
    return len(stretch.values)
