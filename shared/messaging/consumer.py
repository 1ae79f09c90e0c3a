"""The consumer: apply what is next and nothing else; the feed gives what the bus does not; stop at a rewrite."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import NoReturn, Protocol, cast
from uuid import UUID

from shared.events import codec
from shared.events.codec import MalformedRecord
from shared.messaging.inbox import ArrivedEvent, ConsumerState, PositionConflict
from shared.messaging.pipelined import PendingBatchRejected, PipelinedFold
from shared.messaging.transports import BatchSubscription, Incoming, SeekPosition, Subscription
from shared.messaging.transports.end_offsets import EndOffsets

BACKLOG = 5000  # events to come: worth waiting for


class Feed(Protocol):
    """The publisher's own log over HTTP: the truth."""

    async def heads(self) -> EndOffsets: ...

    async def read_after(self, positions: Mapping[int, SeekPosition]) -> Sequence[Incoming]:
        """What follows, at once; empty: nothing more."""
        ...


class Inbox(Protocol):
    """What the consumer needs of a database."""

    async def heard(self) -> ConsumerState: ...
    async def take(self, batch: Sequence[ArrivedEvent], heard: ConsumerState) -> None: ...
    async def keep_stray(self, partition: int, offset: int, reason: str, value: bytes | None) -> None: ...
    async def note_heads(self, seqs: Mapping[int, int]) -> None: ...
    async def complete(self, until: Mapping[int, datetime], *, history: UUID | None) -> None: ...
    async def adopt(
        self, history: UUID, began_after: Mapping[int, int], *, instead_of: UUID | None
    ) -> ConsumerState: ...
    async def stop(self, reason: str, *, history: UUID | None) -> None: ...


class SourceStopped(Exception):
    """The source was restored or rewritten; a person decides."""


class Consumer:
    """Folds one source. `goes_on`: a room that decides goes on where a new history begins; a read model is rebuilt.

    SomeoneAhead out of `begin` and `step`: another went on in a new history; begin again.

    on_bus: the tail is Kafka, whose offsets are worth keeping as hints. ahead: for a read model, behind a tail that
    gives stretches.
    """

    def __init__(
        self,
        source: str,
        inbox: Inbox,
        tail: Subscription,
        feed: Feed,
        *,
        goes_on: bool = False,
        on_bus: bool = True,
        count: Callable[[str, int, str, int], None] = lambda source, partition, result, number: None,
        monotonic: Callable[[], float] | None = None,
        heads_seconds: float = 10,
        ahead: PipelinedFold | None = None,
    ) -> None:
        self.source, self.inbox, self.tail, self.feed = source, inbox, tail, feed
        self.goes_on, self.on_bus, self.count, self.heads_seconds = goes_on, on_bus, count, heads_seconds
        self.ahead = ahead
        self.monotonic = monotonic or asyncio.get_running_loop().time
        self.known = ConsumerState({})
        self._heads: EndOffsets | None = None  # the last answer, until all of it is in
        self._asked_at = float("-inf")

    async def begin(self) -> None:
        """Read the positions, ask for the heads, and read on from there."""
        self.known = await self.inbox.heard()
        if self.known.stopped and not (self.goes_on and await self.has_new_epoch()):
            raise SourceStopped(self.known.stopped)
        await self.ask_heads()
        await self.seek()

    async def seek(self) -> None:
        """Read on behind what is stored."""
        await self.tail.seek(self.known.seek())
        if self.ahead is not None:
            self.ahead.begin(self.known)

    async def end(self) -> None:
        if self.ahead is not None:
            await self.ahead.stop()

    async def has_new_epoch(self) -> bool:
        """A person gave the source a new history meanwhile: a room that decides goes on, as if it had not stopped."""
        return (await self.feed.heads()).history != self.known.history

    async def step(self) -> None:
        """Take what the bus gives; when it is time, compare with what the source says of itself."""
        more = False
        if self.ahead is None:
            await self.take(await self.tail.read(), from_bus=self.on_bus)
        else:
            more = await self.take_ahead(self.ahead)
        if self.monotonic() - self._asked_at >= self.heads_seconds:
            if self.ahead is not None:
                await self.settle(self.ahead)
            await self.ask_heads()
            if self.is_behind() and not more:
                await self.catch_up()
        await self.note_complete()

    async def take_ahead(self, ahead: PipelinedFold) -> bool:
        """Fold in memory what plainly follows; anything else one by one, once what is held is stored.

        -> whether the bus gave anything: then being behind is a backlog and nothing is lost.
        """
        tail = cast("BatchSubscription", self.tail)  # whoever gives `ahead` gives such a tail
        found = await tail.read_batches()
        for stretch in found:
            if not ahead.take(stretch):
                if not await self.settle(ahead):
                    return True
                await self.take(list(stretch.records()), from_bus=self.on_bus)
                ahead.begin(self.known)
            await asyncio.sleep(0)  # whoever asks for a report need not wait for all of them
        await self.store(partial(ahead.go_on, more=bool(found) and self.is_far_behind(ahead)))
        return bool(found)

    def is_far_behind(self, ahead: PipelinedFold) -> bool:
        """Whether the source named very many more than are held, when it was last asked."""
        heads = self._heads.partitions if self._heads is not None else {}
        return sum(max(0, head.seq - ahead.last_seq(partition)) for partition, head in heads.items()) >= BACKLOG

    async def settle(self, ahead: PipelinedFold) -> bool:
        return await self.store(ahead.settle)

    async def store(self, storing: Callable[[], Awaitable[None]]) -> bool:
        """-> false where what was held is dropped, and read again from behind what is stored."""
        try:
            await storing()
        except (PositionConflict, PendingBatchRejected):
            self.known = await self.inbox.heard()
            await self.seek()
            return False
        return True

    async def take(self, incoming: Sequence[Incoming], *, from_bus: bool) -> None:
        """Apply what is next; what is early means a gap, which the feed fills."""
        batch, gap = await self.in_sequence(incoming, from_bus=from_bus)
        if batch:
            try:
                await self.inbox.take(batch, self.known)
            except PositionConflict:
                self.known = await self.inbox.heard()
                await self.seek()
                return
        if gap:
            await self.catch_up()

    async def in_sequence(self, incoming: Sequence[Incoming], *, from_bus: bool) -> tuple[list[ArrivedEvent], bool]:
        """-> the events that follow the positions without a hole, and whether one came too early."""
        reached = {partition: at.last_seq for partition, at in self.known.positions.items()}
        batch: list[ArrivedEvent] = []
        gap = False
        for record in incoming:
            try:
                envelope = codec.read(record.value, self.source)
            except MalformedRecord as stray:
                await self.inbox.keep_stray(record.partition, record.offset, str(stray), record.value)
                continue
            if envelope.history != str(self.known.history):
                if await self.switched_epoch():
                    return [], False  # the positions moved: what was read so far is read again behind them
                self.count(self.source, record.partition, "former", 1)
            elif envelope.seq <= reached[record.partition]:
                await self.check_same(record.partition, envelope)
                self.count(self.source, record.partition, "duplicate", 1)
            elif envelope.seq > reached[record.partition] + 1:
                self.count(self.source, record.partition, "early", 1)
                gap = True
            else:
                reached[record.partition] = envelope.seq
                assert record.value is not None
                batch.append(
                    ArrivedEvent(record.partition, envelope, record.value, record.offset if from_bus else None)
                )
        return batch, gap

    async def switched_epoch(self) -> bool:
        """Ask whose history it is: a leftover of an earlier one where the heads name ours; else we stop or adopt."""
        ours = self.known.history
        await self.ask_heads()
        return self.known.history != ours

    async def check_same(self, partition: int, envelope: codec.Envelope) -> None:
        at = self.known.positions[partition]
        if envelope.seq == at.last_seq and at.last_id is not None and envelope.id != at.last_id:
            await self.halt(f"partition {partition} has another event at {envelope.seq}")

    async def catch_up(self) -> None:
        """Read the feed until it has no more, then go back to the bus."""
        while True:
            incoming = await self.feed.read_after(self.known.seek())
            before = self.known.seek()
            batch, gap = await self.in_sequence(incoming, from_bus=False)
            if gap:
                await self.halt("the feed has a hole")
            if batch:
                try:
                    await self.inbox.take(batch, self.known)
                except PositionConflict:
                    self.known = await self.inbox.heard()
            if self.known.seek() == before:
                break
        await self.seek()

    async def ask_heads(self) -> EndOffsets:
        """Compare what the source says of itself with what we heard. Raises Stopped."""
        heads = await self.feed.heads()
        self._asked_at, self._heads = self.monotonic(), heads
        if self.known.history is None:
            self.known = await self.inbox.adopt(heads.history, {}, instead_of=None)
        elif self.known.history != heads.history:
            await self.switch_epoch(heads)
        for partition, at in self.known.positions.items():
            head = heads.partitions[partition]
            if head.seq < at.last_seq:
                await self.halt(f"partition {partition} ends at {head.seq}, we had heard {at.last_seq}")
            if head.seq == at.last_seq and at.last_id is not None and head.id != at.last_id:
                await self.halt(f"partition {partition} has another event at {head.seq}")
        await self.inbox.note_heads({partition: heads.partitions[partition].seq for partition in self.known.positions})
        return heads

    async def switch_epoch(self, heads: EndOffsets) -> None:
        if not self.goes_on:
            await self.halt(f"history {heads.history} instead of {self.known.history}")
        ours = self.known.history
        until = heads.former.get(ours) if ours is not None else None
        if until is None:  # put back to a state before ours began
            await self.halt(f"history {heads.history} does not know {ours}")
        self.known = await self.inbox.adopt(heads.history, until, instead_of=ours)
        await self.seek()

    def is_behind(self) -> bool:
        return self._heads is not None and any(
            self._heads.partitions[partition].seq > at.last_seq for partition, at in self.known.positions.items()
        )

    async def note_complete(self) -> None:
        """Once all that the heads named is in, everything said until they were asked is in."""
        if self._heads is None or self.is_behind():
            return
        until = dict.fromkeys(self.known.positions, self._heads.at)
        await self.inbox.complete(until, history=self.known.history)
        self._heads = None

    async def halt(self, reason: str) -> NoReturn:
        await self.inbox.stop(reason, history=self.known.history)
        raise SourceStopped(reason)
