"""Mutants: the mistakes the protocol is made against, each put in by replacing one part; every one must show.

Two are harmless alone and stand here as defence in depth: see `HARMLESS`.
"""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from shared.bus import Incoming
from shared.consumer import Consumer, Heads
from shared.events import codec
from shared.events.codec import Envelope, Stray
from shared.inbox import Arrived, Heard, Reached
from shared.outbox import Counter
from shared.publisher import SEND_AT_ONCE, Publisher
from tests.simulation.books import MemoryInbox, effect
from tests.simulation.publishing import MemoryFeed, MemoryStore, Row
from tests.simulation.world import Parts


class MarksBeforeAcknowledgement(Publisher):
    async def send(self, state: Counter) -> None:
        page = await self.store.page(state.partition, state.mark, SEND_AT_ONCE)
        if page and self.log is not None:
            await self.store.move_mark(state.partition, state.mark, page[-1].seq)
            await self.log.append(state.partition, page)


class MarksWhatWasPartlySent(Publisher):
    """Sends a page in two batches and believes the last acknowledgement."""

    async def send(self, state: Counter) -> None:
        page = await self.store.page(state.partition, state.mark, SEND_AT_ONCE)
        if page and self.log is not None:
            half = len(page) // 2
            if half:
                await self.log.append(state.partition, page[:half])
            if await self.log.append(state.partition, page[half:]):
                await self.store.move_mark(state.partition, state.mark, page[-1].seq)


class StampsOutOfOrder(MemoryStore):
    """Numbers what is visible in any order but that of the ids."""

    def order(self, waiting: list[Row]) -> list[Row]:
        return waiting[::-1]


class StampsBehindACursor(MemoryStore):
    """Looks only behind the last id it saw: a transaction that commits late is never seen."""

    def order(self, waiting: list[Row]) -> list[Row]:
        last = max((row.id for row in self.world.outbox.rows if row.seq is not None), default=0)
        return [row for row in waiting if row.id > last]


class TakesWhatIsNewer(Consumer):
    """`seq > last`: what is early counts as next, and what was left out is a duplicate when it comes."""

    async def in_sequence(self, incoming: Sequence[Incoming], *, from_bus: bool) -> tuple[list[Arrived], bool]:
        reached = {partition: at.last_seq for partition, at in self.known.positions.items()}
        batch: list[Arrived] = []
        for record, envelope in readable(incoming, self.source):
            if envelope.history != str(self.known.history):
                if await self.goes_on_anew():
                    return [], False
            elif envelope.seq > reached[record.partition]:
                reached[record.partition] = envelope.seq
                batch.append(arrived(record, envelope, from_bus))
        return batch, False


class AppliesEarly(Consumer):
    """What comes too early takes effect at once, and again when its turn comes."""

    async def in_sequence(self, incoming: Sequence[Incoming], *, from_bus: bool) -> tuple[list[Arrived], bool]:
        batch, gap = await super().in_sequence(incoming, from_bus=from_bus)
        if gap and isinstance(self.inbox, MemoryInbox):
            mine = {(each.partition, each.envelope.seq) for each in batch}
            for record, envelope in readable(incoming, self.source):
                beyond = envelope.seq > self.known.positions[record.partition].last_seq
                if beyond and (record.partition, envelope.seq) not in mine:
                    self.inbox.books.folded.append(effect(arrived(record, envelope, from_bus)))
        return batch, gap


class IgnoresHeads(Consumer):
    """Never compares itself with what the source says of itself: a restored source goes unnoticed."""

    async def ask_heads(self) -> Heads:
        heads = await self.feed.heads()
        self._asked_at, self._heads = self.monotonic(), heads
        if self.known.history != heads.history:
            self.known = await self.inbox.adopt(heads.history, {}, instead_of=self.known.history)
        return heads


class ReadsOnAfterANewHistory(Consumer):
    """Goes on with the batch in hand after its positions moved back."""

    async def goes_on_anew(self) -> bool:
        await super().goes_on_anew()
        return False


class ComparesNothing(MemoryInbox):
    """No compare-and-set: a stale batch counts again, and moves the position back."""

    def is_where(self, heard: Heard, moved: dict[int, Reached]) -> bool:  # type: ignore[override]  # narrower, on purpose
        return True


class ComparesNumbersAlone(MemoryInbox):
    """The same number in another history is taken for the same position."""

    def is_where(self, heard: Heard, moved: dict[int, Reached]) -> bool:  # type: ignore[override]  # narrower, on purpose
        return all(self.books.positions[p].last_seq == heard.positions[p].last_seq for p in moved)


class AdoptsUnasked(MemoryInbox):
    """Takes a new history as ours without looking whether another did, and went on since."""

    def hold(self, history: UUID | None) -> None:
        return


class FoldsOutsideTheTransaction(MemoryInbox):
    async def take_whole(self, batch: Sequence[Arrived], heard: Heard) -> None:
        self.fold(batch)
        await self.before_commit()
        reached = self.move(batch, heard)
        self.books.positions.update(reached)
        await self.after_commit()
        heard.positions.update(reached)


class ParksWithoutMoving(MemoryInbox):
    async def park(self, arrived: Arrived, heard: Heard, reason: str) -> None:
        await self.before_commit()
        self.books.parked[arrived.partition, arrived.envelope.seq] = arrived


class SwallowsTheUnknown(MemoryInbox):
    """Moves past a type it does not know, and keeps nothing."""

    async def park(self, arrived: Arrived, heard: Heard, reason: str) -> None:
        await super().park(arrived, heard, reason)
        if reason == "unknown_type":
            self.books.parked.pop((arrived.partition, arrived.envelope.seq), None)


class HeadsByTheClock(MemoryFeed):
    """Calls complete what was known before now, whatever the clock does next."""

    async def heads(self) -> Heads:
        at = self.world.clock()
        return (await super().heads())._replace(at=at)


class MarksWithoutComparing(MemoryStore):
    """A mark may go back; then something is sent once more."""

    def set_mark(self, partition: int, before: int, after: int) -> bool:
        self.world.outbox.marks[partition] = after
        return True


class TakesWhatIsNewerOfWholeBatches(TakesWhatIsNewer):
    """Every batch begins right behind a mark, and everything up to the mark landed before it: no hole can arise."""


class Mutant(NamedTuple):
    parts: Parts
    why: str


MUTANTS = {
    "marks before the acknowledgement": Mutant(Parts(publisher=MarksBeforeAcknowledgement), "a lost batch stays lost"),
    "marks what was partly sent": Mutant(Parts(publisher=MarksWhatWasPartlySent), "half a page is never sent"),
    "stamps out of order": Mutant(Parts(store=StampsOutOfOrder), "a subject's order is broken"),
    "stamps behind a cursor": Mutant(Parts(store=StampsBehindACursor), "late commits are lost"),
    "takes what is newer": Mutant(Parts(consumer=TakesWhatIsNewer), "a split batch leaves a hole"),
    "applies early": Mutant(Parts(consumer=AppliesEarly), "it counts again in its turn"),
    "ignores heads": Mutant(Parts(consumer=IgnoresHeads), "new facts of a restored source pass for duplicates"),
    "reads on after a new history": Mutant(Parts(consumer=ReadsOnAfterANewHistory), "new facts pass for duplicates"),
    "compares nothing": Mutant(Parts(inbox=ComparesNothing), "a zombie's batch counts again"),
    "compares numbers alone": Mutant(Parts(inbox=ComparesNumbersAlone), "a zombie writes one history into another"),
    "adopts unasked": Mutant(Parts(inbox=AdoptsUnasked), "positions move back twice, or a stale stop stays"),
    "folds outside the transaction": Mutant(Parts(inbox=FoldsOutsideTheTransaction), "a crash in between counts twice"),
    "parks without moving": Mutant(Parts(inbox=ParksWithoutMoving), "everything waits behind one event"),
    "swallows the unknown": Mutant(Parts(inbox=SwallowsTheUnknown), "what a later release could fold is gone"),
    "heads by the clock": Mutant(Parts(feed=HeadsByTheClock), "a clock put back makes the complete incomplete"),
}  # fmt: skip

HARMLESS = {
    "marks without comparing": Mutant(
        Parts(store=MarksWithoutComparing), "two publishers put a mark back: batches are sent again, and dropped"
    ),
    "takes what is newer of whole batches": Mutant(
        Parts(
            consumer=TakesWhatIsNewerOfWholeBatches,
            never=frozenset({"batch_split", "log_wiped", "log_made_anew", "tail_wiped", "restored"}),
        ),
        "no hole arises where batches land whole and the topic keeps them; with split ones it is a mutant above",
    ),
}


def readable(incoming: Sequence[Incoming], source: str) -> list[tuple[Incoming, Envelope]]:
    found = []
    for record in incoming:
        try:
            found.append((record, codec.read(record.value, source)))
        except Stray:
            continue
    return found


def arrived(record: Incoming, envelope: Envelope, from_bus: bool) -> Arrived:
    assert record.value is not None
    return Arrived(record.partition, envelope, record.value, record.offset if from_bus else None)
