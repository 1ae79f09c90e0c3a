"""Probes and metrics: is the loop turning, does the own database answer, and what is measured."""

from datetime import datetime

from fastapi import Request, Response
from sqlalchemy import func, select, text

from shared.base import clock
from shared.base.errors import Unavailable
from shared.db import Database, Session
from shared.db.migrations import is_current
from shared.http import Router
from shared.messaging.inbox import parked_event, position, source_state
from shared.messaging.outbox import outbox, outbox_pending, outbox_sequence, partition_state
from shared.observability.metrics import Metrics

router = Router()


class NotReady(Unavailable):
    """The own database does not answer, is not at the head of its migrations, or this process is about to stop."""


@router.get("/livez", summary="The event loop turns")
async def get_liveness() -> dict[str, str]:
    return {"status": "alive"}


@router.get("/readyz", summary="The own database answers and is migrated; never Kafka, never another service")
async def get_readiness(request: Request) -> dict[str, str]:
    if request.app.state.stopping.is_set():
        raise NotReady
    database: Database = request.app.state.database
    async with database.read() as session:
        await (await session.connection()).execute(text("SELECT 1"))
    if not getattr(request.app.state, "at_head", False):
        request.app.state.at_head = await is_current(database.url, request.app.state.service.name)
    if not request.app.state.at_head:
        raise NotReady
    return {"status": "ready"}


@router.get("/metrics", summary="Prometheus metrics", response_class=Response)
async def get_metrics(request: Request) -> Response:
    metrics: Metrics = request.app.state.metrics
    async with request.app.state.database.read() as session:
        await collect_gauges(session, metrics)
        await metrics.read(session)
    return Response(metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")


async def collect_gauges(session: Session, metrics: Metrics) -> None:
    """The ages and counts that stand in the database, read when asked for."""
    connection = await session.connection()
    pending_seconds, unpublished_seconds = await outbox_ages(session)
    waiting = select(func.count()).select_from(outbox_pending)
    metrics.pending_events.set((await connection.execute(waiting)).scalar_one())
    metrics.pending_age.set(pending_seconds)
    metrics.unpublished_age.set(unpublished_seconds)
    oldest = func.min(position.c.complete_until).label("at")
    folded = select(position.c.source, oldest, func.sum(position.c.last_seq).label("n")).group_by(position.c.source)
    for row in await connection.execute(folded):
        metrics.fold_age.labels(row.source).set(age_seconds(row.at))
        metrics.folded_events.labels(row.source).set(row.n)
    for row in await connection.execute(select(source_state)):
        metrics.stopped.labels(row.source).set(row.state == "stopped")
    parked = select(parked_event.c.source, func.count().label("n")).group_by(parked_event.c.source)
    counts = {row.source: row.n for row in await connection.execute(parked)}
    for source in metrics.sources:
        metrics.parked.labels(source).set(counts.get(source, 0))


async def outbox_ages(session: Session) -> tuple[float, float]:
    """Seconds that the oldest event waits for its number, and for being handed over; 0 where none waits."""
    connection = await session.connection()
    first = select(func.min(outbox_pending.c.outbox_id)).scalar_subquery()
    pending_seconds = (await connection.execute(select(outbox.c.event_id).where(outbox.c.id == first))).scalar()
    # by the first of each partition: a join over all that was ever numbered takes ever longer
    next_of = select(outbox_sequence.c.known_at).where(outbox_sequence.c.partition == partition_state.c.partition)
    next_of = (
        next_of.where(outbox_sequence.c.seq > partition_state.c.mark)
        .order_by(outbox_sequence.c.seq)
        .limit(1)
        .correlate(partition_state)
    )
    behind = (await connection.execute(select(next_of.scalar_subquery()).select_from(partition_state))).scalars()
    unpublished_seconds = min((at for at in behind if at is not None), default=None)
    return (seconds_since_id(pending_seconds), age_seconds(unpublished_seconds) if unpublished_seconds else 0.0)


def seconds_since_id(id: object) -> float:
    """A version 7 id begins with its instant, in milliseconds."""
    if id is None:
        return 0.0
    return max(0.0, clock.now().timestamp() - int(str(id).replace("-", "")[:12], 16) / 1000)


def age_seconds(at: datetime | None) -> float:
    return max(0.0, (clock.now() - at).total_seconds()) if at else float("inf")
