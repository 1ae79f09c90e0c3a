"""Freshness: how far each source was read, and what is missing; what every answer says of itself."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.models import Rebuild, core
from services.reporting.schemas.report import SourceShape
from shared.db import Database
from shared.events import TOPICS
from shared.messaging.inbox import parked_event, position, source_state


class Freshness(NamedTuple):
    """complete_until: all that was said before is in. incomplete_since: since when something said is not."""

    complete_until: datetime | None
    incomplete_since: datetime | None
    sources: dict[str, SourceShape]
    digest: str  # the same as long as nothing was folded and no other books were taken over


NOTHING_READ = Freshness(None, None, {}, "")


class SourcePosition(NamedTuple):
    """A partition of a source, with what is said of the source and of the books."""

    source: str
    partition: int
    last_seq: int
    complete_until: datetime | None
    state: str | None
    reason: str | None
    since: datetime | None
    parked: int | None
    parked_since: datetime | None
    books: datetime | None


async def read_freshness(connection: AsyncConnection) -> Freshness:
    """Of the moment that the connection reads; in one statement."""
    return freshness_of(tuple(map(tuple, await connection.execute(POSITIONS))))


async def read_freshness_fast(database: Database) -> Freshness:
    """Every answer asks for it first, and mostly for nothing else."""
    return freshness_of(await database.fetch_all(POSITIONS))


@lru_cache(16)  # the same until something is heard
def freshness_of(found: tuple[Sequence[Any], ...]) -> Freshness:  # Any: values of STANDING
    rows = [SourcePosition(*row) for row in found]
    sources = {name: source_summary([row for row in rows if row.source == name]) for name in TOPICS}
    untils = [row.complete_until for row in rows if row.complete_until]
    all_heard = len({row.source for row in rows}) == len(TOPICS) and len(untils) == len(rows)
    since = [row.parked_since for row in rows if row.parked_since]
    since += [row.since for row in rows if row.since and is_stopped(row)]
    what_it_rests_on = [(row.source, row.partition, row.last_seq, row.parked, row.state, row.books) for row in rows]
    digest = hashlib.sha256(repr(what_it_rests_on).encode()).hexdigest()
    return Freshness(min(untils) if all_heard else None, min(since, default=None), sources, digest)


def positions_query() -> Select[Any]:  # Any: a row of them all
    """A row for each partition of each source, with what is said of the source and of the books beside it."""
    parked = (
        select(parked_event.c.source, func.count().label("n"), func.min(parked_event.c.known_at).label("since"))
        .group_by(parked_event.c.source)
        .subquery()
    )
    books = select(core(Rebuild).c.began_at).scalar_subquery()
    at = (position.c.source, position.c.partition, position.c.last_seq, position.c.complete_until)
    said = (source_state.c.state, source_state.c.reason, source_state.c.since)
    return (
        select(*at, *said, parked.c.n.label("parked"), parked.c.since.label("parked_since"), books.label("books"))
        .outerjoin(source_state, source_state.c.source == position.c.source)
        .outerjoin(parked, parked.c.source == position.c.source)
        .order_by(position.c.source, position.c.partition)
    )


POSITIONS = positions_query()


def source_summary(mine: Sequence[SourcePosition]) -> SourceShape:
    """What every answer says of one source."""
    complete = [row.complete_until for row in mine if row.complete_until]
    first = mine[0] if mine else None
    return SourceShape(
        complete_until=min(complete) if complete and len(complete) == len(mine) else None,
        state=first.state if first and first.state else "unknown",
        reason=first.reason if first and is_stopped(first) else None,
        events=sum(row.last_seq for row in mine),
        parked=(first.parked if first else None) or 0,
    )


def is_stopped(row: SourcePosition) -> bool:
    return row.state == "stopped"
