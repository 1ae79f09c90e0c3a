"""What an operator can ask and do: status, rewind, unpark, a new epoch."""

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from sqlalchemy import Table, func, select, update

from shared.db import Database, Session
from shared.messaging import outbox
from shared.messaging.inbox import (
    DatabaseInbox,
    malformed_record,
    parked_event,
    position,
    source_state,
)
from shared.observability.health import outbox_ages

if TYPE_CHECKING:
    from shared.service import Service


class SourceStatus(NamedTuple):
    """How far one source was heard. behind: events it had said when last asked; none where it never answered."""

    source: str
    state: str
    reason: str
    events: int
    complete_until: datetime | None
    behind: int | None
    parked: int
    malformed: int


class Status(NamedTuple):
    """Ages in seconds; 0 where nothing waits."""

    epoch: UUID
    sequenced: int
    unpublished: int
    pending_seconds: float
    unpublished_seconds: float
    sources: list[SourceStatus]


async def status(database: Database) -> Status:
    async with database.read() as session:
        counters = await outbox.partition_states(await session.connection())
        pending_seconds, unpublished = await outbox_ages(session)
        query = select(source_state).order_by(source_state.c.source)
        states = (await (await session.connection()).execute(query)).all()
        sources = [await source_status(session, state.source, state.state, state.reason) for state in states]
        epoch = await outbox.current_epoch(session)
    sequenced, unsent = sum(each.n for each in counters), sum(each.n - each.mark for each in counters)
    return Status(epoch, sequenced, unsent, pending_seconds, unpublished, sources)


async def source_status(session: Session, source: str, state: str, reason: str) -> SourceStatus:
    connection = await session.connection()
    rows = (await connection.execute(select(position).where(position.c.source == source))).all()
    untils = [row.complete_until for row in rows]
    end_seqs = [row.head_seq for row in rows]
    events = sum(row.last_seq for row in rows)
    return SourceStatus(
        source,
        state,
        reason,
        events,
        min(untils) if untils and None not in untils else None,
        max(0, sum(end_seqs) - events) if end_seqs and None not in end_seqs else None,
        await count_rows(session, parked_event, source),
        await count_rows(session, malformed_record, source),
    )


async def count_rows(session: Session, kept: Table, source: str) -> int:
    query = select(func.count()).select_from(kept).where(kept.c.source == source)
    found: int = (await (await session.connection()).execute(query)).scalar_one()
    return found


async def rewind(database: Database, partition: int, start: int) -> int | None:
    """Let the publisher send again from `start` on. -> how many; none where that was never sent."""
    async with database.write() as session:
        before = next(
            each for each in await outbox.partition_states(await session.connection()) if each.partition == partition
        )
        if start > before.mark:
            return None
        where = outbox.partition_state.c.partition == partition
        await (await session.connection()).execute(update(outbox.partition_state).where(where).values(mark=start - 1))
        return before.mark - start + 1


async def unpark(database: Database, service: "Service") -> dict[str, tuple[int, int]]:
    """Fold parked events again, in order of seq. -> by source: folded, still parked."""
    fold = service.fold_events
    found = {}
    for source in service.sources:
        done = await DatabaseInbox(database, source, fold).unpark()
        found[source] = (done.folded, done.left)
    return found


async def start_new_epoch(database: Database, reason: str) -> UUID:
    """Begin a new history, after the database was restored and before it publishes again."""
    async with database.write() as session:
        return await outbox.start_epoch(session, reason=reason)
