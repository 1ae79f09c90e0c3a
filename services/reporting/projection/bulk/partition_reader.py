"""Partition reader: reads partitions up to given ends and folds what it reads."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from services.reporting.projection.batch import EffectBatch
from services.reporting.projection.bulk.aggregate import BulkAggregate, paused_collector
from shared.events import codec
from shared.events.codec import MalformedRecord
from shared.messaging.transports import Position, RecordBatch, SeekPosition

TRIES = 9  # reads that bring nothing new, one that brings nothing at all counts for three: then somebody else goes on


class BatchSource(Protocol):
    """Kafka, or a feed."""

    async def seek(self, positions: Mapping[int, SeekPosition]) -> None: ...
    async def read_batches(self) -> Sequence[RecordBatch]: ...


class ReadRange(NamedTuple):
    """What is to be read: of a source in its present history, behind these places, up to these seqs.

    at_once: events of one share, of most of which only a number is held.
    """

    source: str
    history: str
    after: Mapping[int, Position]
    ends: Mapping[int, int]
    at_once: int

    def number(self, partition: int) -> int:
        return max(0, self.ends[partition] - self.after[partition].last_seq)

    def of(self, partitions: Sequence[int]) -> "ReadRange":
        return self._replace(
            after={partition: self.after[partition] for partition in partitions},
            ends={partition: self.ends[partition] for partition in partitions},
        )


@dataclass
class FoldedShare:
    """What events mean, how many of each partition they are, and where the last of them stands."""

    folded: EffectBatch = field(default_factory=EffectBatch)
    reached: dict[int, Position] = field(default_factory=dict)
    numbers: Counter[int] = field(default_factory=Counter)

    @property
    def events(self) -> int:
        return self.numbers.total()

    def add(self, later: "FoldedShare") -> None:
        self.folded.add_all(later.folded)
        self.reached |= later.reached
        self.numbers += later.numbers


async def read_shares(subscription: BatchSource, wanted: ReadRange) -> AsyncIterator[FoldedShare]:
    """All that is wanted, or as much of each partition as plainly follows; somebody else looks at the rest."""
    await subscription.seek({partition: SeekPosition(at.last_seq, at.hint) for partition, at in wanted.after.items()})
    reading, tries = PartitionReader(wanted), 0
    while reading.open and tries < TRIES:
        found = await subscription.read_batches()
        is_new = [reading.take(record_batch) for record_batch in found]
        tries = 0 if any(is_new) else tries + (1 if found else TRIES // 3)
        if reading.share.events > wanted.at_once or not reading.open:
            if (share := reading.explained()) is None:
                return
            yield share
    if share := reading.explained():
        yield share


class PartitionReader:
    """Follows each partition until its end, or until something is odd there."""

    def __init__(self, wanted: ReadRange) -> None:
        self.wanted, self.at = wanted, dict(wanted.after)
        self.open = {partition for partition in wanted.ends if wanted.number(partition)}
        self.gathering, self.share = BulkAggregate(wanted.source), FoldedShare()

    def take(self, record_batch: RecordBatch) -> bool:
        """-> whether there was anything new in it."""
        partition = record_batch.partition
        if partition not in self.open:
            return False
        at = self.at[partition]
        left = self.wanted.ends[partition] - at.last_seq
        cut = RecordBatch(partition, record_batch.offsets[:left], record_batch.values[:left])
        last_id = self.gathering.take(cut, at.last_seq, self.wanted.history)
        if last_id is None:
            return self.take_unheard(record_batch, at.last_seq)
        number = len(cut.values)
        self.at[partition] = self.share.reached[partition] = Position(at.last_seq + number, last_id, cut.offsets[-1])
        self.share.numbers[partition] += number
        if number == left:
            self.open.discard(partition)
        return True

    def take_unheard(self, record_batch: RecordBatch, after: int) -> bool:
        heard = skip_before(record_batch, after, self.wanted)
        if heard == len(record_batch.values):
            return False
        if heard == 0:
            self.open.discard(record_batch.partition)
            return False
        return self.take(RecordBatch(record_batch.partition, record_batch.offsets[heard:], record_batch.values[heard:]))

    def explained(self) -> FoldedShare | None:
        """What was taken since the last time; none where there is nothing, or one event cannot be folded."""
        gathering, share = self.gathering, self.share
        self.gathering, self.share = BulkAggregate(self.wanted.source), FoldedShare()
        if not share.reached:
            return None
        try:
            with paused_collector():
                share.folded = gathering.folded().in_order()
        except Exception:  # whichever, it is the event's own: who takes them one by one finds and parks it
            return None
        return share


def skip_before(record_batch: RecordBatch, after: int, wanted: ReadRange) -> int:
    """How many at its beginning: a publisher that never heard of its success says the same again."""
    for number, value in enumerate(record_batch.values):
        try:
            envelope = codec.read(value, wanted.source)
        except MalformedRecord:
            return number
        if envelope.history != wanted.history or envelope.seq > after:
            return number
    return len(record_batch.values)
