"""Mutants: the mistakes the protocol is made against, each put in by replacing one part; every one must show.

Two are harmless alone and stand here as defence in depth: see `HARMLESS`.
"""

from collections.abc import Awaitable, Callable, Sequence
from operator import attrgetter
from typing import NamedTuple, cast
from uuid import UUID

from shared.db import Session
from shared.events import codec
from shared.events.codec import Envelope, MalformedRecord
from shared.messaging.consumer import Consumer
from shared.messaging.inbox import (
    AdvancedPositions,
    ArrivedEvent,
    CannotBeFolded,
    ConsumerState,
    Position,
    PositionConflict,
)
from shared.messaging.pipelined import PendingBatch, PipelinedFold
from shared.messaging.publisher import SEND_AT_ONCE, Publisher, PublishPage
from shared.messaging.transports import Incoming, RecordBatch
from shared.messaging.transports.end_offsets import EndOffsets
from tests.simulation.memory_consumer import MemoryAggregate, MemoryInbox, effect
from tests.simulation.memory_publisher import MemoryFeed, MemoryOutbox, MemoryOutboxRow, MemoryPublisherStore
from tests.simulation.world import Parts


class MarksBeforeAcknowledgement(Publisher):
    async def send(self, page: PublishPage, acknowledged: list[PublishPage]) -> None:
        await self.store.advance_published([page])
        await super().send(page, [])


class MarksWhatWasPartlySent(Publisher):
    """Sends a page in two batches and believes the last acknowledgement."""

    async def send(self, page: PublishPage, acknowledged: list[PublishPage]) -> None:
        assert self.log is not None
        half = len(page.records) // 2
        if half:
            await self.log.append(page.partition, page.records[:half])
        if await self.log.append(page.partition, page.records[half:]):
            acknowledged.append(page)


class MarksOnAnothersAcknowledgement(Publisher):
    """Sends several partitions together and takes one acknowledgement for all."""

    async def publish_pages(self) -> int:
        pages = await self.store.unpublished_pages(SEND_AT_ONCE)
        acknowledged: list[PublishPage] = []
        await self.each(self.send(page, acknowledged) for page in pages)
        if acknowledged:
            await self.store.advance_published(pages)
        return len(pages)


class ReadsAheadAndMarksTheLast(Publisher):
    """Has two halves of a page on their way and marks as soon as the second is acknowledged."""

    async def send(self, page: PublishPage, acknowledged: list[PublishPage]) -> None:
        half = len(page.records) // 2
        halves = (page._replace(records=page.records[:half]), page._replace(records=page.records[half:]))
        landed: list[PublishPage] = []
        send = super().send
        await self.each(send(each, landed) for each in halves if each.records)
        if landed:
            acknowledged.append(page._replace(records=max(landed, key=attrgetter("last_seq")).records))


class StampsOutOfOrder(MemoryPublisherStore):
    """Numbers what is visible in any order but that of the ids."""

    def order(self, waiting: list[MemoryOutboxRow]) -> list[MemoryOutboxRow]:
        return waiting[::-1]


class StampsBehindACursor(MemoryPublisherStore):
    """Looks only behind the last id it saw: a transaction that commits late is never seen."""

    def order(self, waiting: list[MemoryOutboxRow]) -> list[MemoryOutboxRow]:
        last = max((row.id for row in self.world.outbox.rows if row.seq is not None), default=0)
        return [row for row in waiting if row.id > last]


class TakesWhatIsNewer(Consumer):
    """`seq > last`: what is early counts as next, and what was left out is a duplicate when it comes."""

    async def in_sequence(self, incoming: Sequence[Incoming], *, from_bus: bool) -> tuple[list[ArrivedEvent], bool]:
        reached = {partition: at.last_seq for partition, at in self.state.positions.items()}
        batch: list[ArrivedEvent] = []
        for record, envelope in readable(incoming, self.source):
            if envelope.history != str(self.state.history):
                if await self.switched_epoch():
                    return [], False
            elif envelope.seq > reached[record.partition]:
                reached[record.partition] = envelope.seq
                batch.append(arrived(record, envelope, from_bus))
        return batch, False


class AppliesEarly(Consumer):
    """What comes too early takes effect at once, and again when its turn comes."""

    async def in_sequence(self, incoming: Sequence[Incoming], *, from_bus: bool) -> tuple[list[ArrivedEvent], bool]:
        batch, gap = await super().in_sequence(incoming, from_bus=from_bus)
        if gap and isinstance(self.inbox, MemoryInbox):
            mine = {(each.partition, each.envelope.seq) for each in batch}
            for record, envelope in readable(incoming, self.source):
                beyond = envelope.seq > self.state.positions[record.partition].last_seq
                if beyond and (record.partition, envelope.seq) not in mine:
                    self.inbox.books.folded.append(effect(arrived(record, envelope, from_bus)))
        return batch, gap


class IgnoresHeads(Consumer):
    """Never compares itself with what the source says of itself: a restored source goes unnoticed."""

    async def refresh_end_offsets(self) -> EndOffsets:
        end_offsets = await self.feed.end_offsets()
        self._asked_at, self._heads = self.monotonic(), end_offsets
        if self.state.history != end_offsets.history:
            self.state = await self.inbox.switch_epoch(end_offsets.history, {}, instead_of=self.state.history)
        return end_offsets


class ReadsOnAfterANewHistory(Consumer):
    """Goes on with the batch in hand after its positions moved back."""

    async def switched_epoch(self) -> bool:
        await super().switched_epoch()
        return False


class ComparesNothing(MemoryInbox):
    """No compare-and-set: a stale batch counts again, and moves the position back."""

    def is_where(self, state: ConsumerState, moved: dict[int, Position]) -> bool:  # type: ignore[override]  # narrower, on purpose
        return True


class ComparesNumbersAlone(MemoryInbox):
    """The same number in another history is taken for the same position."""

    def is_where(self, state: ConsumerState, moved: dict[int, Position]) -> bool:  # type: ignore[override]  # narrower, on purpose
        return all(self.books.positions[p].last_seq == state.positions[p].last_seq for p in moved)


class AdoptsUnasked(MemoryInbox):
    """Takes a new history as ours without looking whether another did, and went on since."""

    def hold(self, history: UUID | None) -> None:
        return


class FoldsOutsideTheTransaction(MemoryInbox):
    async def take_whole(self, batch: Sequence[ArrivedEvent], state: ConsumerState) -> None:
        self.fold(batch)
        await self.before_commit()
        reached = self.move(batch, state)
        self.books.positions.update(reached)
        await self.after_commit()
        state.positions.update(reached)


class ParksWithoutMoving(MemoryInbox):
    async def park(self, arrived: ArrivedEvent, state: ConsumerState, reason: str) -> None:
        await self.before_commit()
        self.books.parked[arrived.partition, arrived.envelope.seq] = arrived


class SwallowsTheUnknown(MemoryInbox):
    """Moves past a type it does not know, and keeps nothing."""

    async def park(self, arrived: ArrivedEvent, state: ConsumerState, reason: str) -> None:
        await super().park(arrived, state, reason)
        if reason == "unknown_type":
            self.books.parked.pop((arrived.partition, arrived.envelope.seq), None)


class MovesBeforeTheEffects(MemoryInbox):
    """Moves the positions of what was folded ahead, and stores the effects in another transaction."""

    async def store_whole(
        self, moved: AdvancedPositions, effects: Callable[[Session], Awaitable[None]], state: ConsumerState
    ) -> None:
        await self.before_commit()
        if not self.is_where(state, moved.reached):
            raise PositionConflict
        self.books.positions.update(moved.reached)
        await self.after_commit()
        await effects(cast("Session", None))
        state.positions.update(moved.reached)


class KeepsWhatWasHeld(PipelinedFold):
    """Begins again with what it held."""

    def begin(self, state: ConsumerState) -> None:
        pending = self.pending
        super().begin(state)
        self.pending = pending


class NeverCareful(PipelinedFold):
    """Folds a culprit ahead again and again."""

    def take(self, record_batch: RecordBatch) -> bool:
        self.slow_path_until = {}
        return super().take(record_batch)


class AsksWhileHolding(Consumer):
    """Compares and goes one by one without waiting for what is being stored."""

    async def flush(self, pipeline: PipelinedFold) -> bool:
        return True


class DropsWhatWasHeldWithACulprit(PipelinedFold):
    """Gives up what was folded together with a culprit."""

    async def _store(self) -> None:
        while self.pending.reached:
            pending, self.pending = self.pending, PendingBatch(self.new_fold())
            try:
                await self.inbox.store(
                    AdvancedPositions(pending.reached, pending.numbers), pending.fold.store, self.state
                )
            except CannotBeFolded:
                continue


class FollowsInAnyHistory(MemoryAggregate):
    """Takes a stretch of another history where the numbers fit."""

    def follows(self, found: Sequence[Envelope], after: int, history: str) -> bool:
        return super().follows(found, after, found[0].history)


class FollowsByItsEnds(MemoryAggregate):
    """Looks only at where a stretch begins and ends: holes and twins inside pass."""

    def follows(self, found: Sequence[Envelope], after: int, history: str) -> bool:
        return found[0].seq == after + 1 and {each.history for each in found} == {history}


class NamesTheLastBeginning(MemoryFeed):
    """Says of every former history that the present one left it where it began."""

    def former(self, outbox: MemoryOutbox) -> dict[UUID, dict[int, int]]:
        return {id: dict(enumerate(outbox.histories[-1][1])) for id, _ in outbox.histories[:-1]}


class HeadsByTheClock(MemoryFeed):
    """Calls complete what was known before now, whatever the clock does next."""

    async def end_offsets(self) -> EndOffsets:
        at = self.world.clock()
        return (await super().end_offsets())._replace(at=at)


class MarksWithoutComparing(MemoryPublisherStore):
    """A mark may go back; then something is sent once more."""

    def set_mark(self, partition: int, before: int, after: int) -> bool:
        self.world.outbox.marks[partition] = after
        return True


class TakesWhatIsNewerOfWholeBatches(TakesWhatIsNewer):
    """Every batch begins right behind a mark, and everything up to the mark landed before it: no hole can arise."""


class Mutant(NamedTuple):
    parts: Parts
    why: str


RESTORED_UNDER_TWO = frozenset({"second_consumer", "restored", "slow_store"})
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
    "compares numbers alone": Mutant(
        Parts(inbox=ComparesNumbersAlone, always=RESTORED_UNDER_TWO), "a zombie writes one history into another"
    ),
    "adopts unasked": Mutant(Parts(inbox=AdoptsUnasked), "positions move back twice, or a stale stop stays"),
    "folds outside the transaction": Mutant(Parts(inbox=FoldsOutsideTheTransaction), "a crash in between counts twice"),
    "parks without moving": Mutant(Parts(inbox=ParksWithoutMoving), "everything waits behind one event"),
    "swallows the unknown": Mutant(Parts(inbox=SwallowsTheUnknown), "what a later release could fold is gone"),
    "marks on another's acknowledgement": Mutant(
        Parts(publisher=MarksOnAnothersAcknowledgement), "a lost batch beside one that landed stays lost"
    ),
    "reads ahead and marks the last": Mutant(
        Parts(publisher=ReadsAheadAndMarksTheLast), "the page before the acknowledged one is lost"
    ),
    "moves before the effects": Mutant(Parts(inbox=MovesBeforeTheEffects), "a crash in between loses them"),
    "keeps what was held": Mutant(Parts(pipeline=KeepsWhatWasHeld), "what another stored is stored again"),
    "asks while holding": Mutant(Parts(consumer=AsksWhileHolding), "what is held is stored twice"),
    "is never careful": Mutant(Parts(pipeline=NeverCareful), "a culprit is held again and again, and nothing moves"),
    "drops what was held with a culprit": Mutant(Parts(pipeline=DropsWhatWasHeldWithACulprit), "neighbours are lost"),
    "follows in any history": Mutant(Parts(fold=FollowsInAnyHistory), "a zombie's events count in a new history"),
    "follows by its ends": Mutant(Parts(fold=FollowsByItsEnds), "a split batch inside a stretch leaves a hole"),
    "names the last beginning": Mutant(
        Parts(feed=NamesTheLastBeginning), "whoever slept through a history takes new facts for duplicates"
    ),
    "heads by the clock": Mutant(Parts(feed=HeadsByTheClock), "a clock put back makes the complete incomplete"),
}  # fmt: skip

HARMLESS = {
    "marks without comparing": Mutant(
        Parts(store=MarksWithoutComparing), "two publishers put a mark back: batches are sent again, and dropped"
    ),
    "takes what is newer of whole batches": Mutant(
        Parts(
            consumer=TakesWhatIsNewerOfWholeBatches,
            never=frozenset({"batch_split", "log_wiped", "log_made_anew", "tail_wiped", "restored", "second_consumer"}),
        ),
        "no hole arises where batches land whole and the topic keeps them; with split ones it is a mutant above; and "
        "nobody overtakes the consumer, which goes on with the next stretch it has read behind where it was sent back",
    ),
}


def readable(incoming: Sequence[Incoming], source: str) -> list[tuple[Incoming, Envelope]]:
    found = []
    for record in incoming:
        try:
            found.append((record, codec.read(record.value, source)))
        except MalformedRecord:
            continue
    return found


def arrived(record: Incoming, envelope: Envelope, from_bus: bool) -> ArrivedEvent:
    assert record.value is not None
    return ArrivedEvent(record.partition, envelope, record.value, record.offset if from_bus else None)
