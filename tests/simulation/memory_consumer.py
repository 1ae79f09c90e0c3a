"""A consumer's database in memory, and the inbox that writes it: effects and positions in one transaction."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, cast
from uuid import UUID

from shared.base.errors import OutcomeUnknown, Unavailable
from shared.db import Session
from shared.events import codec
from shared.events.codec import Envelope, MalformedRecord, Unfoldable
from shared.events.lean_decoder import is_next_in_sequence
from shared.events.received import to_received_event
from shared.messaging.inbox import (
    AdvancedPositions,
    ArrivedEvent,
    CannotBeFolded,
    ConsumerState,
    Position,
    PositionConflict,
)
from shared.messaging.transports import RecordBatch
from tests.simulation.memory_publisher import PARTITIONS, SOURCE
from tests.simulation.schedule import yield_turn

if TYPE_CHECKING:
    from tests.simulation.world import World


class FoldedEvent(NamedTuple):
    """An effect."""

    partition: int
    seq: int
    id: str
    subject: str


class MemoryReadModel:
    """What a consumer's database holds."""

    def __init__(self) -> None:
        self.positions = {partition: Position(0, None, None) for partition in range(PARTITIONS)}
        self.history: UUID | None = None
        self.stopped = ""
        self.folded: list[FoldedEvent] = []
        self.parked: dict[tuple[int, int], ArrivedEvent] = {}
        self.unparked: set[str] = set()
        self.strays: set[tuple[int, int]] = set()


class MemoryInbox:
    """What the consumer asks of its database; each transaction is one turn."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.is_storing = self.had_culprit = False
        self.held: MemoryAggregate | None = None  # what was folded last, stored or not

    @property
    def books(self) -> MemoryReadModel:
        return self.world.books

    async def load_state(self) -> ConsumerState:
        await self.world.point()
        books = self.books
        return ConsumerState(dict(books.positions), books.history, books.stopped)

    async def take(self, batch: Sequence[ArrivedEvent], heard: ConsumerState) -> None:
        try:
            await self.take_whole(batch, heard)
        except Unfoldable as error:
            if len(batch) == 1:
                await self.park(batch[0], heard, str(error))
                return
            half = len(batch) // 2
            await self.take(batch[:half], heard)
            await self.take(batch[half:], heard)

    async def take_whole(self, batch: Sequence[ArrivedEvent], heard: ConsumerState) -> None:
        for arrived in batch:
            to_received_event(SOURCE, arrived.partition, arrived.envelope)
        await self.before_commit()
        reached = self.move(batch, heard)
        self.fold(batch)
        self.books.positions.update(reached)
        await self.after_commit()
        heard.positions.update(reached)

    async def park(self, arrived: ArrivedEvent, heard: ConsumerState, reason: str) -> None:
        await self.before_commit()
        reached = self.move([arrived], heard)
        self.books.parked[arrived.partition, arrived.envelope.seq] = arrived
        self.books.positions.update(reached)
        self.world.faults.sometimes["parked_unknown_type" if reason == "unknown_type" else "parked"] += 1
        self.world.faults.sometimes["culprit_taken_alone"] += self.had_culprit
        self.world.tell(f"parks {arrived.partition}: {arrived.envelope.seq}, {reason}")
        await self.after_commit()
        heard.positions.update(reached)

    async def store(
        self, moved: AdvancedPositions, effects: Callable[[Session], Awaitable[None]], heard: ConsumerState
    ) -> None:
        self.is_storing, sometimes = True, self.world.faults.sometimes
        try:
            await self.store_whole(moved, effects, heard)
        except Unfoldable:
            self.had_culprit = True
            sometimes["culprit_held"] += 1
            raise
        except PositionConflict:
            sometimes["held_refused"] += 1
            sometimes["more_held_and_dropped"] += self.held is not None and self.held.store != effects
            raise
        except asyncio.CancelledError:
            sometimes["cancelled_while_storing"] += 1
            raise
        finally:
            self.is_storing = False

    async def store_whole(
        self, moved: AdvancedPositions, effects: Callable[[Session], Awaitable[None]], heard: ConsumerState
    ) -> None:
        if self.world.faults.has("slow_store"):
            for _ in range(self.world.schedule.rng.randint(1, 20)):
                await yield_turn()
        await self.before_commit()
        if not self.is_where(heard, moved.reached):
            raise PositionConflict
        await effects(cast("Session", None))  # folds into the books in this same turn
        self.books.positions.update(moved.reached)
        await self.after_commit()
        heard.positions.update(moved.reached)

    async def before_commit(self) -> None:
        await self.world.point("killed_before_commit")
        if self.world.faults.hit("commit_fails"):
            self.world.faults.sometimes["commit_failed"] += 1
            raise Unavailable

    async def after_commit(self) -> None:
        if self.world.faults.hit("commit_outcome_unknown"):
            self.world.faults.sometimes["commit_outcome_unknown"] += 1
            raise OutcomeUnknown
        await self.world.point("killed_after_commit")

    def move(self, batch: Sequence[ArrivedEvent], heard: ConsumerState) -> dict[int, Position]:
        """Raises SomeoneAhead; nothing is changed yet."""
        reached: dict[int, Position] = {}
        for arrived in batch:
            hint = arrived.offset if arrived.offset is not None else heard.positions[arrived.partition].hint
            reached[arrived.partition] = Position(arrived.envelope.seq, arrived.envelope.id, hint)
        if not self.is_where(heard, reached):
            self.world.faults.sometimes["stale_batch_refused"] += 1
            raise PositionConflict
        return reached

    def is_where(self, heard: ConsumerState, moved: Mapping[int, Position]) -> bool:
        books = self.books
        unmoved = all(books.positions[p].last_seq == heard.positions[p].last_seq for p in moved)
        return unmoved and books.history == heard.history

    def fold(self, batch: Sequence[ArrivedEvent]) -> None:
        if any(arrived.envelope.id in self.world.not_foldable for arrived in batch):
            raise CannotBeFolded("this one")
        self.books.folded += [effect(arrived) for arrived in batch]
        self.world.tell(f"folds {[(arrived.partition, arrived.envelope.seq) for arrived in batch]}")

    async def record_end_offsets(self, seqs: Mapping[int, int]) -> None:
        """For people to read; nothing follows from it."""

    async def keep_malformed_record(self, partition: int, offset: int, reason: str, value: bytes | None) -> None:
        await self.world.point()
        self.books.strays.add((partition, offset))
        self.world.faults.sometimes["stray"] += 1

    async def mark_complete(self, until: Mapping[int, datetime], *, history: UUID | None) -> None:
        await self.world.point()
        self.hold(history)
        self.world.check_complete(until)

    async def switch_epoch(
        self, history: UUID, began_after: Mapping[int, int], *, instead_of: UUID | None
    ) -> ConsumerState:
        await self.world.point()
        self.hold(instead_of)
        books = self.books
        self.world.faults.sometimes["went_on_in_a_new_history"] += books.history is not None
        self.world.note_slept(books.history)
        books.history, books.stopped = history, ""
        for partition, at in list(books.positions.items()):
            if at.last_seq > began_after.get(partition, at.last_seq):
                books.positions[partition] = Position(began_after[partition], None, None)
                self.world.count(SOURCE, partition, "beyond", at.last_seq - began_after[partition])
        self.world.tell(f"adopts {history} at {[at.last_seq for at in books.positions.values()]}")
        heard = ConsumerState(dict(books.positions), history)
        await self.world.point()
        return heard

    def hold(self, history: UUID | None) -> None:
        if self.books.history != history:
            self.world.faults.sometimes["another_went_on"] += 1
            raise PositionConflict

    async def stop(self, reason: str, *, history: UUID | None) -> None:
        await self.world.point()
        self.hold(history)
        self.books.stopped = reason
        self.world.tell(f"stops: {reason}")

    def unpark(self) -> None:
        """Fold what is parked and can be folded by now."""
        for key, arrived in sorted(self.books.parked.items()):
            try:
                to_received_event(SOURCE, arrived.partition, codec.read(arrived.value, SOURCE))
                self.fold([arrived])
            except Unfoldable:
                continue
            del self.books.parked[key]
            self.books.unparked.add(arrived.envelope.id)
            self.world.faults.sometimes["unparked"] += 1


def effect(arrived: ArrivedEvent) -> FoldedEvent:
    return FoldedEvent(arrived.partition, arrived.envelope.seq, arrived.envelope.id, arrived.envelope.subject)


class MemoryAggregate:
    """Events folded in memory by one consumer, for its inbox to store."""

    def __init__(self, inbox: MemoryInbox) -> None:
        self.inbox = inbox
        self.batch: list[ArrivedEvent] = []

    def take(self, record_batch: RecordBatch, after: int, history: str) -> str | None:
        sometimes = self.inbox.world.faults.sometimes
        try:
            found = [codec.read(value, SOURCE) for value in record_batch.values]
        except MalformedRecord:
            return None
        if not self.follows(found, after, history):
            sometimes["stretch_not_next"] += 1
            return None
        for offset, value, envelope in zip(record_batch.offsets, record_batch.values, found, strict=True):
            self.batch.append(ArrivedEvent(record_batch.partition, envelope, value or b"", offset))
        sometimes["folded_ahead"] += 1
        sometimes["folded_while_storing"] += self.inbox.is_storing
        self.inbox.held = self
        return found[-1].id

    def follows(self, found: Sequence[Envelope], after: int, history: str) -> bool:
        return is_next_in_sequence(found, after, source=SOURCE, history=history)

    async def store(self, session: Session) -> None:
        for arrived in self.batch:
            to_received_event(SOURCE, arrived.partition, arrived.envelope)
        self.inbox.fold(self.batch)
