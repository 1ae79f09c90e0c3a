"""Probes and metrics: is the loop turning, does the own database answer, and what is measured."""

from datetime import datetime

from fastapi import Request, Response
from sqlalchemy import func, select, text

from shared import clock
from shared.db import Database, Session
from shared.errors import Unavailable
from shared.http import Router
from shared.inbox import parked_event, position, source_state
from shared.metrics import Metrics
from shared.migrations import is_at_head
from shared.outbox import counter, numbered, outbox, unnumbered

router = Router()


class NotReady(Unavailable):
    """The own database does not answer, or is not at the head of its migrations."""


@router.get("/livez", summary="The event loop turns")
async def get_liveness() -> dict[str, str]:
    return {"status": "alive"}


@router.get("/readyz", summary="The own database answers and is migrated; never Kafka, never another service")
async def get_readiness(request: Request) -> dict[str, str]:
    database: Database = request.app.state.database
    async with database.read() as session:
        await (await session.connection()).execute(text("SELECT 1"))
    if not getattr(request.app.state, "at_head", False):
        request.app.state.at_head = await is_at_head(database.url, request.app.state.service.name)
    if not request.app.state.at_head:
        raise NotReady
    return {"status": "ready"}


@router.get("/metrics", summary="Prometheus metrics", response_class=Response)
async def get_metrics(request: Request) -> Response:
    metrics: Metrics = request.app.state.metrics
    async with request.app.state.database.read() as session:
        await measure(session, metrics)
        await metrics.read(session)
    return Response(metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")


async def measure(session: Session, metrics: Metrics) -> None:
    """The ages and counts that stand in the database, read when asked for."""
    connection = await session.connection()
    unstamped, unmarked = await outbox_ages(session)
    waiting = select(func.count()).select_from(unnumbered)
    metrics.unstamped.set((await connection.execute(waiting)).scalar_one())
    metrics.unstamped_age.set(unstamped)
    metrics.unmarked_age.set(unmarked)
    oldest = func.min(position.c.complete_until).label("at")
    heard = select(position.c.source, oldest, func.sum(position.c.last_seq).label("n")).group_by(position.c.source)
    for row in await connection.execute(heard):
        metrics.fold_age.labels(row.source).set(age(row.at))
        metrics.heard.labels(row.source).set(row.n)
    for row in await connection.execute(select(source_state)):
        metrics.stopped.labels(row.source).set(row.state == "stopped")
    parked = select(parked_event.c.source, func.count().label("n")).group_by(parked_event.c.source)
    counts = {row.source: row.n for row in await connection.execute(parked)}
    for source in metrics.sources:
        metrics.parked.labels(source).set(counts.get(source, 0))


async def outbox_ages(session: Session) -> tuple[float, float]:
    """Seconds that the oldest event waits for its number, and for being handed over; 0 where none waits."""
    connection = await session.connection()
    first = select(outbox.c.event_id).join(unnumbered, unnumbered.c.outbox_id == outbox.c.id)
    unstamped = (await connection.execute(first.order_by(unnumbered.c.outbox_id).limit(1))).scalar()
    behind = (
        select(func.min(numbered.c.known_at))
        .join(counter, counter.c.partition == numbered.c.partition)
        .where(numbered.c.seq > counter.c.mark)
    )
    unmarked = (await connection.execute(behind)).scalar()
    return (seconds_since_made(unstamped), age(unmarked) if unmarked else 0.0)


def seconds_since_made(id: object) -> float:
    """A version 7 id begins with its instant, in milliseconds."""
    if id is None:
        return 0.0
    return max(0.0, clock.now().timestamp() - int(str(id).replace("-", "")[:12], 16) / 1000)


def age(at: datetime | None) -> float:
    return max(0.0, (clock.now() - at).total_seconds()) if at else float("inf")
