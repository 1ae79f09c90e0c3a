"""The consumer's store in the service's own database: effects and positions move in one transaction."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, or_, select, update

from shared.base import clock
from shared.db import Database, Session, bulk, insert_ignore
from shared.events import codec
from shared.events.codec import Unfoldable, instant_of
from shared.events.received import to_received_event
from shared.messaging.inbox.received import (
    AdvancedPositions,
    ArrivedEvent,
    ConsumerState,
    Fold,
    PositionConflict,
    is_content_error,
    reason_of,
)
from shared.messaging.inbox.tables import malformed_record, parked_event, position, source_state
from shared.messaging.outbox import PARTITIONS
from shared.messaging.transports import Position

MALFORMED_BYTES_KEPT = 64 * 1024


class Unparked(NamedTuple):
    """How many parked events were folded after all, and how many still cannot be."""

    folded: int
    left: int


@dataclass
class DatabaseInbox:
    """What one service has heard of one source."""

    database: Database
    source: str
    fold: Fold
    counts: Callable[[str, int, str, int], None] = field(default=lambda source, partition, result, number: None)

    async def load_state(self) -> ConsumerState:
        """Positions and history; made at the first call."""
        async with self.database.read() as session:
            connection = await session.connection()
            rows = await connection.execute(select(position).where(position.c.source == self.source))
            found = {row.partition: Position(row.last_seq, row.last_id, row.hint) for row in rows}
            state = (await connection.execute(select(source_state).where(source_state.c.source == self.source))).first()
        if state is None or len(found) < PARTITIONS:
            await self._create_rows()
            return await self.load_state()
        return ConsumerState(found, state.history, state.reason if state.state == "stopped" else "")

    async def _create_rows(self) -> None:
        async with self.database.write() as session:
            state = {"source": self.source, "history": None, "state": "running", "reason": "", "since": clock.now()}
            await insert_ignore(session, source_state, [state])
            rows = [{"source": self.source, "partition": partition, "last_seq": 0} for partition in range(PARTITIONS)]
            await insert_ignore(session, position, rows)

    async def take(self, batch: Sequence[ArrivedEvent], heard: ConsumerState) -> None:
        """Store the effects of a batch and move its positions, in one transaction; park alone what cannot be folded.

        Raises SomeoneAhead, and whatever may pass: the database, never the content.
        """
        try:
            await self._apply_batch(batch, heard)
        except Exception as error:
            if not is_content_error(error):
                raise
            if len(batch) == 1:
                await self._park(batch[0], heard, reason_of(error))
                return
            half = len(batch) // 2  # down to the culprit, in few transactions
            await self.take(batch[:half], heard)
            await self.take(batch[half:], heard)

    async def _apply_batch(self, batch: Sequence[ArrivedEvent], heard: ConsumerState) -> None:
        received = [to_received_event(self.source, arrived.partition, arrived.envelope) for arrived in batch]
        async with self.database.write() as session:
            reached = await self._advance(session, batch, heard)
            await self.fold(session, received)
        self._apply_to_state(heard, reached, batch, "applied")

    async def store(
        self, moved: AdvancedPositions, effects: Callable[[Session], Awaitable[None]], heard: ConsumerState
    ) -> None:
        """As `take`, of what was folded already; all or nothing. Raises as it does, and what the content raises."""
        async with self.database.write() as session:
            await self._compare_and_set(session, moved.reached, heard)
            await effects(session)
        heard.positions.update(moved.reached)
        for partition, number in moved.numbers.items():
            self.counts(self.source, partition, "applied", number)

    async def _park(self, arrived: ArrivedEvent, heard: ConsumerState, reason: str) -> None:
        try:
            known_at = instant_of(arrived.envelope)
        except Unfoldable:
            known_at = None
        row = {
            "source": self.source,
            "partition": arrived.partition,
            "seq": arrived.envelope.seq,
            "reason": reason,
            "value": arrived.value,
            "known_at": known_at,
            "parked_at": clock.now(),
        }
        async with self.database.write() as session:
            reached = await self._advance(session, [arrived], heard)
            await insert_ignore(session, parked_event, [row])
        self._apply_to_state(heard, reached, [arrived], "parked")

    async def _advance(
        self, session: Session, batch: Sequence[ArrivedEvent], heard: ConsumerState
    ) -> dict[int, Position]:
        """Compare and set every position of the batch, in a fixed order; one stale position rolls all back."""
        reached: dict[int, Position] = {}
        for arrived in batch:
            hint = arrived.offset if arrived.offset is not None else heard.positions[arrived.partition].hint
            reached[arrived.partition] = Position(arrived.envelope.seq, arrived.envelope.id, hint)
        await self._compare_and_set(session, reached, heard)
        return reached

    async def _compare_and_set(self, session: Session, reached: Mapping[int, Position], heard: ConsumerState) -> None:
        await self._lock_epoch(session, heard.history)
        columns = ("source", "partition", "before", "last_seq", "last_id", "hint")
        before = heard.positions
        rows = [
            (self.source, partition, before[partition].last_seq, *reached[partition]) for partition in sorted(reached)
        ]
        if await bulk.compare_and_set(session, position, columns, rows, keys=2) != len(rows):
            raise PositionConflict

    async def _lock_epoch(self, session: Session, history: UUID | None) -> None:
        """Keep the history as it is until the transaction ends: the same number in another one is another position.

        Raises SomeoneAhead where it is not ours any more.
        """
        query = select(source_state.c.history).where(source_state.c.source == self.source).with_for_update()
        if (await (await session.connection()).execute(query)).scalar_one() != history:
            raise PositionConflict

    def _is_partition(self, partition: int) -> ColumnElement[bool]:
        return and_(position.c.source == self.source, position.c.partition == partition)

    def _apply_to_state(
        self, heard: ConsumerState, reached: dict[int, Position], batch: Sequence[ArrivedEvent], result: str
    ) -> None:
        heard.positions.update(reached)
        for partition in reached:
            self.counts(self.source, partition, result, sum(arrived.partition == partition for arrived in batch))

    async def keep_malformed_record(self, partition: int, offset: int, reason: str, value: bytes | None) -> None:
        """Beside the position, which stays; kept once however often it is read."""
        row = {
            "source": self.source,
            "partition": partition,
            "offset": offset,
            "reason": reason,
            "value": value[:MALFORMED_BYTES_KEPT] if value is not None else None,
            "kept_at": clock.now(),
        }
        async with self.database.write() as session:
            new = await insert_ignore(session, malformed_record, [row])
        self.counts(self.source, partition, "stray", new)

    async def record_end_offsets(self, seqs: Mapping[int, int]) -> None:
        """What the source said of itself just now: its newest number per partition."""
        await self._update_positions(
            {partition: {"head_seq": seq, "checked_at": clock.now()} for partition, seq in seqs.items()}
        )

    async def mark_complete(self, until: Mapping[int, datetime], *, history: UUID | None) -> None:
        """All that a partition's source had said before an instant is in, but for what is parked.

        Raises SomeoneAhead where the history it was said of is not ours any more.
        """
        parked = select(parked_event.c.partition).where(parked_event.c.source == self.source).distinct()
        async with self.database.write() as session:
            await self._lock_epoch(session, history)
            missing = set((await (await session.connection()).execute(parked)).scalars())
            for partition, at in sorted(until.items()):
                if partition not in missing:
                    # only later: who waited here while other books were taken over knows less than they do
                    earlier = or_(position.c.complete_until.is_(None), position.c.complete_until < at)
                    moved = update(position).where(self._is_partition(partition), earlier).values(complete_until=at)
                    await (await session.connection()).execute(moved)

    async def _update_positions(self, values: Mapping[int, Mapping[str, Any]]) -> None:  # Any: columns of any type
        if not values:
            return
        async with self.database.write() as session:
            await self._update_positions_in(session, values)

    async def _update_positions_in(
        self, session: Session, values: Mapping[int, Mapping[str, Any]]
    ) -> None:  # Any: as above
        connection = await session.connection()
        for partition, columns in sorted(values.items()):
            await connection.execute(update(position).where(self._is_partition(partition)).values(columns))

    async def switch_epoch(
        self, history: UUID, began_after: Mapping[int, int], *, instead_of: UUID | None
    ) -> ConsumerState:
        """Take a history as ours and go on with it, at the latest from where it began. -> where we stand now.

        Raises SomeoneAhead where ours is not `instead_of` any more: moved back twice, a position would count twice.
        """
        query = select(position).where(position.c.source == self.source)
        async with self.database.write() as session:
            await self._lock_epoch(session, instead_of)
            rows = await (await session.connection()).execute(query)
            found = {row.partition: Position(row.last_seq, row.last_id, row.hint) for row in rows}
            back = {
                p: Position(began_after[p], None, None)
                for p, at in found.items()
                if is_beyond_prefix(at, p, began_after)
            }
            await self._update_source_state(session, history=history, state="running", reason="")
            await self._update_positions_in(session, {partition: at._asdict() for partition, at in back.items()})
        for partition, at in back.items():
            self.counts(self.source, partition, "beyond", found[partition].last_seq - at.last_seq)
        return ConsumerState(found | back, history)

    async def stop(self, reason: str, *, history: UUID | None) -> None:
        """Nothing more is taken from this source until a person decides: it was restored or rewritten.

        Raises SomeoneAhead where another went on in a new history meanwhile: then it was said of the former.
        """
        async with self.database.write() as session:
            await self._lock_epoch(session, history)
            await self._update_source_state(session, state="stopped", reason=reason)

    async def _update_source_state(self, session: Session, **columns: Any) -> None:  # Any: columns of any type
        where = source_state.c.source == self.source
        await (await session.connection()).execute(
            update(source_state).where(where).values(columns | {"since": clock.now()})
        )

    async def unpark(self) -> Unparked:
        """Fold what is parked, in order of seq; what still cannot be folded stays."""
        async with self.database.read() as session:
            columns = (parked_event.c.partition, parked_event.c.seq, parked_event.c.value)
            query = select(*columns).where(parked_event.c.source == self.source)
            rows = (await (await session.connection()).execute(query.order_by("partition", "seq"))).all()
        folded = 0
        for row in rows:
            try:
                folded += await self._unpark_one(row.partition, row.seq, row.value)
            except Exception as error:
                if not is_content_error(error):
                    raise
        return Unparked(folded, len(rows) - folded)

    async def _unpark_one(self, partition: int, seq: int, value: bytes) -> bool:
        """-> false where somebody else was faster."""
        received = to_received_event(self.source, partition, codec.read(value, self.source))
        key = and_(
            parked_event.c.source == self.source, parked_event.c.partition == partition, parked_event.c.seq == seq
        )
        async with self.database.write() as session:
            taken = (await (await session.connection()).execute(delete(parked_event).where(key))).rowcount == 1
            if taken:
                await self.fold(session, [received])
        return taken


def is_beyond_prefix(at: Position, partition: int, began_after: Mapping[int, int]) -> bool:
    return partition in began_after and at.last_seq > began_after[partition]
