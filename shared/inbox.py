"""Inbox: how far each source was heard, per partition, and what could not be folded; moved with the effects."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
    and_,
    select,
    update,
)

from shared import clock
from shared.bus import Position
from shared.db import Database, Instant, Session, insert, insert_ignore, is_data_error, runtime_metadata
from shared.errors import OutcomeUnknown, Unavailable
from shared.events import Event
from shared.events.codec import Envelope, Unfoldable, event_of, instant_of
from shared.outbox import PARTITIONS, BigId

position = Table(
    "position",
    runtime_metadata,
    Column("source", Text, primary_key=True),
    Column("partition", SmallInteger, primary_key=True, autoincrement=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("last_id", Text),
    Column("hint", BigInteger),  # where the last one stood in Kafka; only a hint where to read on
    Column("complete_until", Instant),
)
source_state = Table(
    "source_state",
    runtime_metadata,
    Column("source", Text, primary_key=True),
    Column("history", Uuid),
    Column("state", Text, nullable=False),  # running, stopped
    Column("reason", Text, nullable=False),
    Column("since", Instant, nullable=False),
)
parked_event = Table(
    "parked_event",
    runtime_metadata,
    Column("source", Text, primary_key=True),
    Column("partition", SmallInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("reason", Text, nullable=False),
    Column("value", LargeBinary, nullable=False),
    Column("known_at", Instant),
    Column("parked_at", Instant, nullable=False),
)
stray_record = Table(
    "stray_record",
    runtime_metadata,
    Column("id", BigId, Identity(always=True), primary_key=True),
    Column("source", Text, nullable=False),
    Column("partition", SmallInteger, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("value", LargeBinary),
    Column("kept_at", Instant, nullable=False),
    Index("uq_stray_record_place", "source", "partition", "offset", unique=True),
)
STRAY_BYTES_KEPT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the publisher stamped on an event, and where it came from."""

    source: str
    partition: int
    seq: int
    id: UUID
    known_at: datetime


@dataclass(frozen=True, slots=True)
class Received:
    """An event with its stamp."""

    stamp: Stamp
    event: Event

    @property
    def known_on(self) -> date:
        """The day it became known, at the office that speaks."""
        return clock.local_day(self.event.district, self.stamp.known_at)


Handler = Callable[[Session, Any, Stamp], Awaitable[None]]  # Any: each handler takes its own event class
Fold = Callable[[Session, Sequence[Received]], Awaitable[None]]


class CannotBeFolded(Unfoldable):
    """This event is parked, alone; reports say that something is missing."""


class SomeoneAhead(Exception):
    """A position moved since it was read: another consumer took these events."""


class Arrived(NamedTuple):
    """A record in sequence: its envelope, the bytes it came as, and where it stood in Kafka, if it came from there."""

    partition: int
    envelope: Envelope
    value: bytes
    offset: int | None


class Reached(NamedTuple):
    """A position with the id that stands there."""

    last_seq: int
    last_id: str | None
    hint: int | None


@dataclass
class Heard:
    """What is known of one source: positions by partition, and the history they belong to."""

    positions: dict[int, Reached]
    history: UUID | None = None
    stopped: str = ""

    def seek(self) -> dict[int, Position]:
        return {partition: Position(at.last_seq, at.hint) for partition, at in self.positions.items()}


def handled(handlers: Mapping[type[Event], Handler]) -> Fold:
    """A fold that calls a room's handlers one by one; what it does not listen to passes by."""

    async def fold(session: Session, batch: Sequence[Received]) -> None:
        for received in batch:
            handler = handlers.get(type(received.event))
            if handler is not None:
                await handler(session, received.event, received.stamp)

    return fold


@dataclass
class DatabaseInbox:
    """The consumer's store in the service's own database."""

    database: Database
    source: str
    fold: Fold
    counts: Callable[[str, int, str, int], None] = field(default=lambda source, partition, result, number: None)

    async def heard(self) -> Heard:
        async with self.database.read() as session:
            connection = await session.connection()
            rows = await connection.execute(select(position).where(position.c.source == self.source))
            found = {row.partition: Reached(row.last_seq, row.last_id, row.hint) for row in rows}
            state = (await connection.execute(select(source_state).where(source_state.c.source == self.source))).first()
        if state is None or len(found) < PARTITIONS:
            await self._begin()
            return await self.heard()
        return Heard(found, state.history, state.reason if state.state == "stopped" else "")

    async def _begin(self) -> None:
        async with self.database.write() as session:
            state = {"source": self.source, "history": None, "state": "running", "reason": "", "since": clock.now()}
            await insert_ignore(session, source_state, [state])
            rows = [{"source": self.source, "partition": partition, "last_seq": 0} for partition in range(PARTITIONS)]
            await insert_ignore(session, position, rows)

    async def take(self, batch: Sequence[Arrived], heard: Heard) -> None:
        """Store the effects of a batch and move its positions, in one transaction; park alone what cannot be folded.

        Raises SomeoneAhead, and whatever may pass: the database, never the content.
        """
        try:
            await self._take_whole(batch, heard)
        except Exception as error:
            if not is_content_error(error):
                raise
            for arrived in batch:
                await self._take_one(arrived, heard)

    async def _take_whole(self, batch: Sequence[Arrived], heard: Heard) -> None:
        received = [self._received(arrived) for arrived in batch]
        async with self.database.write() as session:
            reached = await self._move(session, batch, heard)
            await self.fold(session, received)
        self._arrive(heard, reached, batch, "applied")

    async def _take_one(self, arrived: Arrived, heard: Heard) -> None:
        try:
            await self._take_whole([arrived], heard)
        except Exception as error:
            if not is_content_error(error):
                raise
            await self._park(arrived, heard, reason_of(error))

    async def _park(self, arrived: Arrived, heard: Heard, reason: str) -> None:
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
            reached = await self._move(session, [arrived], heard)
            await insert_ignore(session, parked_event, [row])
        self._arrive(heard, reached, [arrived], "parked")

    def _received(self, arrived: Arrived) -> Received:
        return received_of(self.source, arrived.partition, arrived.envelope)

    async def _move(self, session: Session, batch: Sequence[Arrived], heard: Heard) -> dict[int, Reached]:
        """Compare and set every position of the batch, in a fixed order; one stale position rolls all back."""
        connection = await session.connection()
        reached: dict[int, Reached] = {}
        for arrived in batch:
            hint = arrived.offset if arrived.offset is not None else heard.positions[arrived.partition].hint
            reached[arrived.partition] = Reached(arrived.envelope.seq, arrived.envelope.id, hint)
        for partition in sorted(reached):
            moved = await connection.execute(
                update(position)
                .where(
                    position.c.source == self.source,
                    position.c.partition == partition,
                    position.c.last_seq == heard.positions[partition].last_seq,
                )
                .values(reached[partition]._asdict())
            )
            if moved.rowcount != 1:
                raise SomeoneAhead
        return reached

    def _arrive(self, heard: Heard, reached: dict[int, Reached], batch: Sequence[Arrived], result: str) -> None:
        heard.positions.update(reached)
        for partition in reached:
            self.counts(self.source, partition, result, sum(arrived.partition == partition for arrived in batch))

    async def keep_stray(self, partition: int, offset: int, reason: str, value: bytes | None) -> None:
        """Beside the position, which stays; kept once however often it is read."""
        row = {
            "source": self.source,
            "partition": partition,
            "offset": offset,
            "reason": reason,
            "value": value[:STRAY_BYTES_KEPT] if value is not None else None,
            "kept_at": clock.now(),
        }
        async with self.database.write() as session:
            new = await insert_ignore(session, stray_record, [row])
        self.counts(self.source, partition, "stray", new)

    async def complete(self, until: Mapping[int, datetime]) -> None:
        """Everything that a partition's source had said by then is in."""
        async with self.database.write() as session:
            connection = await session.connection()
            for partition, at in sorted(until.items()):
                where = and_(position.c.source == self.source, position.c.partition == partition)
                await connection.execute(update(position).where(where).values(complete_until=at))

    async def adopt(self, history: UUID, positions: Mapping[int, Reached]) -> None:
        """Take a history as ours, at these positions."""
        async with self.database.write() as session:
            connection = await session.connection()
            await connection.execute(
                update(source_state).where(source_state.c.source == self.source).values(history=history)
            )
            for partition, at in sorted(positions.items()):
                where = and_(position.c.source == self.source, position.c.partition == partition)
                await connection.execute(update(position).where(where).values(at._asdict()))

    async def stop(self, reason: str) -> None:
        """Nothing more is taken from this source until a person decides: it was restored or rewritten."""
        async with self.database.write() as session:
            state = {"source": self.source, "history": None, "state": "stopped", "reason": reason, "since": clock.now()}
            said = {name: state[name] for name in ("state", "reason", "since")}
            statement = insert(session, source_state).values(state)
            await (await session.connection()).execute(
                statement.on_conflict_do_update(index_elements=["source"], set_=said)
            )


def received_of(source: str, partition: int, envelope: Envelope) -> Received:
    """Raises Unfoldable where the content cannot be read."""
    stamp = Stamp(source, partition, envelope.seq, UUID(envelope.id), instant_of(envelope))
    return Received(stamp, event_of(envelope))


def is_content_error(error: BaseException) -> bool:
    """The event itself is at fault, and would be again: only then may it be parked."""
    if isinstance(error, (SomeoneAhead, Unavailable, OutcomeUnknown, OSError, TimeoutError)):
        return False
    module = type(error).__module__
    if module.startswith(("sqlalchemy", "asyncpg", "sqlite3", "aiosqlite")):
        return is_data_error(error)
    return True


def reason_of(error: BaseException) -> str:
    """A word, and for our own refusals their sentence; never the text of a foreign exception: it may quote a value."""
    return str(error) if isinstance(error, Unfoldable) else "fold_failed"
