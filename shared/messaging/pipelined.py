"""Pipelined consumer: folds in memory what is read while the database stores what was read before. For a read model.

A store begins when something is pending and none is running, so its size follows the load: one event in quiet times.
With a backlog to come it waits for very many, as it costs by the rows it adds to, not by events. What does not plainly
follow, and what cannot be folded, goes the consumer's ordinary way, which knows how to drop, park and ask for what is
missing.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from shared.db import Session
from shared.messaging.inbox import AdvancedPositions, ConsumerState, Position
from shared.messaging.inbox.received import is_content_error
from shared.messaging.transports import RecordBatch

PENDING_AT_MOST = 1_000_000  # events; of most only a number is held


class InMemoryFold(Protocol):
    """Events of one source that a room folded in memory."""

    def take(self, record_batch: RecordBatch, after: int, history: str) -> str | None:
        """Fold a stretch. -> the id of its last event; none, and nothing folded, where it does not plainly follow."""
        ...

    async def store(self, session: Session) -> None:
        """Raises CannotBeFolded and errors of the content, for whichever event."""
        ...


class BatchStore(Protocol):
    """What this needs of an inbox."""

    async def store(
        self, moved: AdvancedPositions, effects: Callable[[Session], Awaitable[None]], state: ConsumerState
    ) -> None: ...


class PendingBatchRejected(Exception):
    """Something of what was held cannot be folded; all of it is to be taken again one by one."""


@dataclass
class PendingBatch:
    """Folded and not yet stored."""

    fold: InMemoryFold
    reached: dict[int, Position] = field(default_factory=dict)
    numbers: Counter[int] = field(default_factory=Counter)

    @property
    def events(self) -> int:
        return self.numbers.total()


class PipelinedFold:
    """Between a consumer and its inbox. heard: the positions stored; what is held goes beyond them."""

    def __init__(self, inbox: BatchStore, new_fold: Callable[[], InMemoryFold]) -> None:
        self.inbox, self.new_fold = inbox, new_fold
        self.pending = PendingBatch(new_fold())
        self.state = ConsumerState({})
        self.slow_path_until: dict[int, int] = {}  # a culprit is at or before these
        self._reached: dict[int, Position] = {}
        self._storing: asyncio.Task[None] | None = None
        self._more = False

    def begin(self, state: ConsumerState) -> None:
        """Go on from the positions that are stored; nothing may be running."""
        self.pending, self.state, self._reached = PendingBatch(self.new_fold()), state, dict(state.positions)

    def last_seq(self, partition: int) -> int:
        """How far what is held goes."""
        return self._reached[partition].last_seq

    def take(self, record_batch: RecordBatch) -> bool:
        """Fold it in memory; false where it is not plainly what follows."""
        partition, at = record_batch.partition, self._reached[record_batch.partition]
        if at.last_seq < self.slow_path_until.get(partition, 0):
            return False
        last_id = self.pending.fold.take(record_batch, at.last_seq, str(self.state.history))
        if last_id is None:
            return False
        number = len(record_batch.values)
        self._reached[partition] = Position(at.last_seq + number, last_id, record_batch.offsets[-1])
        self.pending.reached[partition] = self._reached[partition]
        self.pending.numbers[partition] += number
        return True

    async def start_store(self, *, more: bool = False) -> None:
        """Begin to store if nobody does; wait only if too much is held. Raises what storing raised.

        more: a backlog follows, then not before enough is held.
        """
        self._more = more
        if self._storing is not None and (self._storing.done() or self.pending.events > PENDING_AT_MOST):
            await self._wait_for_store()
        if self._storing is None and self._is_store_due():
            self._storing = asyncio.create_task(self._store())

    async def flush(self) -> None:
        """Until all is stored. Raises what storing raised."""
        await self.start_store()
        await self._wait_for_store()

    async def stop(self) -> None:
        """At the end of the consumer, whatever is held: it is read again."""
        if self._storing is not None:
            self._storing.cancel()
            await asyncio.wait([self._storing])
            self._storing = None

    async def _wait_for_store(self) -> None:
        storing, self._storing = self._storing, None
        if storing is not None:
            try:
                await storing
            finally:
                storing.cancel()  # where we are cancelled while it runs

    def _is_store_due(self) -> bool:
        return bool(self.pending.reached) and (not self._more or self.pending.events > PENDING_AT_MOST)

    async def _store(self) -> None:
        while self._is_store_due():
            pending, self.pending = self.pending, PendingBatch(self.new_fold())
            try:
                await self.inbox.store(
                    AdvancedPositions(pending.reached, pending.numbers), pending.fold.store, self.state
                )
            except Exception as error:
                if not is_content_error(error):
                    raise
                self.slow_path_until |= {partition: at.last_seq for partition, at in pending.reached.items()}
                raise PendingBatchRejected from error
