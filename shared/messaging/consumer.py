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

BACKLOG_EVENTS = 5000  # events to come: worth waiting for


class Feed(Protocol):
    """The publisher's own log over HTTP: the truth."""

    async def end_offsets(self) -> EndOffsets: ...

    async def read_after(self, positions: Mapping[int, SeekPosition]) -> Sequence[Incoming]:
        """What follows, at once; empty: nothing more."""
        ...


class Inbox(Protocol):
    """What the consumer needs of a database."""

    async def load_state(self) -> ConsumerState: ...
    async def take(self, batch: Sequence[ArrivedEvent], state: ConsumerState) -> None: ...
    async def keep_malformed_record(self, partition: int, offset: int, reason: str, value: bytes | None) -> None: ...
    async def record_end_offsets(self, seqs: Mapping[int, int]) -> None: ...
    async def mark_complete(self, until: Mapping[int, datetime], *, history: UUID | None) -> None: ...
    async def switch_epoch(
        self, history: UUID, began_after: Mapping[int, int], *, instead_of: UUID | None
    ) -> ConsumerState: ...
    async def stop(self, reason: str, *, history: UUID | None) -> None: ...


class SourceStopped(Exception):
    """The source was restored or rewritten; a person decides."""


class Consumer:
    """Folds one source. continue_on_new_epoch: for a room that decides; a read model is rebuilt instead.

    SomeoneAhead out of `begin` and `step`: another went on in a new history; begin again.

    on_bus: the tail is Kafka, whose offsets are worth keeping as hints. ahead: for a read model, behind a tail that
    gives stretches.
    """

    def __init__(
        self,
        source: str,
        inbox: Inbox,
        subscription: Subscription,
        feed: Feed,
        *,
        continue_on_new_epoch: bool = False,
        on_bus: bool = True,
        count: Callable[[str, int, str, int], None] = lambda source, partition, result, number: None,
        monotonic: Callable[[], float] | None = None,
        heads_seconds: float = 10,
        pipeline: PipelinedFold | None = None,
    ) -> None:
        self.source, self.inbox, self.subscription, self.feed = source, inbox, subscription, feed
        self.continue_on_new_epoch, self.on_bus, self.count, self.heads_seconds = (
            continue_on_new_epoch,
            on_bus,
            count,
            heads_seconds,
        )
        self.pipeline = pipeline
        self.monotonic = monotonic or asyncio.get_running_loop().time
        self.state = ConsumerState({})
        self._end_offsets: EndOffsets | None = None  # the last answer, until all of it is in
        self._asked_at = float("-inf")

    async def begin(self) -> None:
        """Read the positions, ask for the heads, and read on from there."""
        self.state = await self.inbox.load_state()
        if self.state.stopped and not (self.continue_on_new_epoch and await self.has_new_epoch()):
            raise SourceStopped(self.state.stopped)
        await self.refresh_end_offsets()
        await self.seek()

    async def seek(self) -> None:
        """Read on behind what is stored."""
        await self.subscription.seek(self.state.seek())
        if self.pipeline is not None:
            self.pipeline.begin(self.state)

    async def end(self) -> None:
        if self.pipeline is not None:
            await self.pipeline.stop()

    async def has_new_epoch(self) -> bool:
        """A person gave the source a new history meanwhile: a room that decides goes on, as if it had not stopped."""
        return (await self.feed.end_offsets()).history != self.state.history

    async def step(self) -> None:
        """Take what the bus gives; when it is time, compare with what the source says of itself."""
        more = False
        if self.pipeline is None:
            await self.take(await self.subscription.read(), from_bus=self.on_bus)
        else:
            more = await self.fold_pipelined(self.pipeline)
        if self.monotonic() - self._asked_at >= self.heads_seconds:
            if self.pipeline is not None:
                await self.flush(self.pipeline)
            await self.refresh_end_offsets()
            if self.is_behind() and not more:
                await self.catch_up()
        await self.note_complete()

    async def fold_pipelined(self, pipeline: PipelinedFold) -> bool:
        """Fold in memory what plainly follows; anything else one by one, once what is held is stored.

        -> whether the bus gave anything: then being behind is a backlog and nothing is lost.
        """
        subscription = cast("BatchSubscription", self.subscription)  # whoever gives `ahead` gives such a tail
        found = await subscription.read_batches()
        for record_batch in found:
            if not pipeline.take(record_batch):
                if not await self.flush(pipeline):
                    return True
                await self.take(list(record_batch.records()), from_bus=self.on_bus)
                pipeline.begin(self.state)
            await asyncio.sleep(0)  # whoever asks for a report need not wait for all of them
        await self.store(partial(pipeline.start_store, more=bool(found) and self.is_far_behind(pipeline)))
        return bool(found)

    def is_far_behind(self, pipeline: PipelinedFold) -> bool:
        """Whether the source named very many more than are held, when it was last asked."""
        end_offsets = self._end_offsets.partitions if self._end_offsets is not None else {}
        return (
            sum(max(0, end_offset.seq - pipeline.last_seq(partition)) for partition, end_offset in end_offsets.items())
            >= BACKLOG_EVENTS
        )

    async def flush(self, pipeline: PipelinedFold) -> bool:
        return await self.store(pipeline.flush)

    async def store(self, storing: Callable[[], Awaitable[None]]) -> bool:
        """-> false where what was held is dropped, and read again from behind what is stored."""
        try:
            await storing()
        except (PositionConflict, PendingBatchRejected):
            self.state = await self.inbox.load_state()
            await self.seek()
            return False
        return True

    async def take(self, incoming: Sequence[Incoming], *, from_bus: bool) -> None:
        """Apply what is next; what is early means a gap, which the feed fills."""
        batch, gap = await self.in_sequence(incoming, from_bus=from_bus)
        if batch:
            try:
                await self.inbox.take(batch, self.state)
            except PositionConflict:
                self.state = await self.inbox.load_state()
                await self.seek()
                return
        if gap:
            await self.catch_up()

    async def in_sequence(self, incoming: Sequence[Incoming], *, from_bus: bool) -> tuple[list[ArrivedEvent], bool]:
        """-> the events that follow the positions without a hole, and whether one came too early."""
        reached = {partition: at.last_seq for partition, at in self.state.positions.items()}
        batch: list[ArrivedEvent] = []
        gap = False
        for record in incoming:
            try:
                envelope = codec.read(record.value, self.source)
            except MalformedRecord as malformed:
                await self.inbox.keep_malformed_record(record.partition, record.offset, str(malformed), record.value)
                continue
            if envelope.history != str(self.state.history):
                if await self.switched_epoch():
                    return [], False  # the positions moved: what was read so far is read again behind them
                self.count(self.source, record.partition, "former", 1)
            elif envelope.seq <= reached[record.partition]:
                await self.check_same_event(record.partition, envelope)
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
        ours = self.state.history
        await self.refresh_end_offsets()
        return self.state.history != ours

    async def check_same_event(self, partition: int, envelope: codec.Envelope) -> None:
        at = self.state.positions[partition]
        if envelope.seq == at.last_seq and at.last_id is not None and envelope.id != at.last_id:
            await self.stop_source(f"partition {partition} has another event at {envelope.seq}")

    async def catch_up(self) -> None:
        """Read the feed until it has no more, then go back to the bus."""
        while True:
            incoming = await self.feed.read_after(self.state.seek())
            before = self.state.seek()
            batch, gap = await self.in_sequence(incoming, from_bus=False)
            if gap:
                await self.stop_source("the feed has a hole")
            if batch:
                try:
                    await self.inbox.take(batch, self.state)
                except PositionConflict:
                    self.state = await self.inbox.load_state()
            if self.state.seek() == before:
                break
        await self.seek()

    async def refresh_end_offsets(self) -> EndOffsets:
        """Compare what the source says of itself with what we heard. Raises Stopped."""
        end_offsets = await self.feed.end_offsets()
        self._asked_at, self._end_offsets = self.monotonic(), end_offsets
        if self.state.history is None:
            self.state = await self.inbox.switch_epoch(end_offsets.history, {}, instead_of=None)
        elif self.state.history != end_offsets.history:
            await self.switch_epoch(end_offsets)
        for partition, at in self.state.positions.items():
            end_offset = end_offsets.partitions[partition]
            if end_offset.seq < at.last_seq:
                await self.stop_source(f"partition {partition} ends at {end_offset.seq}, we had applied {at.last_seq}")
            if end_offset.seq == at.last_seq and at.last_id is not None and end_offset.id != at.last_id:
                await self.stop_source(f"partition {partition} has another event at {end_offset.seq}")
        await self.inbox.record_end_offsets(
            {partition: end_offsets.partitions[partition].seq for partition in self.state.positions}
        )
        return end_offsets

    async def switch_epoch(self, end_offsets: EndOffsets) -> None:
        if not self.continue_on_new_epoch:
            await self.stop_source(f"epoch {end_offsets.history} instead of {self.state.history}")
        ours = self.state.history
        until = end_offsets.previous_epochs.get(ours) if ours is not None else None
        if until is None:  # put back to a state before ours began
            await self.stop_source(f"epoch {end_offsets.history} does not know {ours}")
        self.state = await self.inbox.switch_epoch(end_offsets.history, until, instead_of=ours)
        await self.seek()

    def is_behind(self) -> bool:
        return self._end_offsets is not None and any(
            self._end_offsets.partitions[partition].seq > at.last_seq for partition, at in self.state.positions.items()
        )

    async def note_complete(self) -> None:
        """Once all that the heads named is in, everything said until they were asked is in."""
        if self._end_offsets is None or self.is_behind():
            return
        until = dict.fromkeys(self.state.positions, self._end_offsets.at)
        await self.inbox.mark_complete(until, history=self.state.history)
        self._end_offsets = None

    async def stop_source(self, reason: str) -> NoReturn:
        await self.inbox.stop(reason, history=self.state.history)
        raise SourceStopped(reason)
