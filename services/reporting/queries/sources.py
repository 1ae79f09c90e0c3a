"""Sources: how far each service was heard, and what is missing; what every answer says of its own freshness."""

import hashlib
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select

from services.reporting.models import Rebuild, core
from shared.db import Session
from shared.events import TOPICS
from shared.inbox import parked_event, position, source_state


class Freshness(NamedTuple):
    """complete_until: all that was said before is in. incomplete_since: since when something said is not."""

    complete_until: datetime | None
    incomplete_since: datetime | None
    sources: dict[str, dict[str, Any]]  # Any: JSON
    digest: str  # the same as long as nothing was folded and no other books were taken over


async def freshness(session: Session) -> Freshness:
    connection = await session.connection()
    heard = (await connection.execute(select(position).order_by(position.c.source, position.c.partition))).all()
    states = {row.source: row for row in await connection.execute(select(source_state))}
    query = select(parked_event.c.source, func.count().label("n"), func.min(parked_event.c.known_at).label("since"))
    parked = {row.source: row for row in await connection.execute(query.group_by(parked_event.c.source))}
    sources = {}
    for name in TOPICS:
        mine = [row for row in heard if row.source == name]
        complete = [row.complete_until for row in mine]
        state = states.get(name)
        sources[name] = {
            "complete_until": shown(min(complete)) if complete and None not in complete else None,
            "state": state.state if state else "unknown",
            "reason": state.reason if state and state.state == "stopped" else None,
            "events": sum(row.last_seq for row in mine),
            "parked": parked[name].n if name in parked else 0,
        }
    untils = [row.complete_until for row in heard]
    all_heard = len({row.source for row in heard}) == len(TOPICS) and None not in untils
    sinces = [row.since for row in parked.values() if row.since] + [
        state.since for state in states.values() if state.state == "stopped"
    ]
    digest = hashlib.sha256(repr([(row.source, row.partition, row.last_seq) for row in heard]).encode())
    digest.update(repr(sorted((name, row.n) for name, row in parked.items())).encode())
    digest.update(repr(sorted((name, row.state) for name, row in states.items())).encode())
    digest.update(repr((await connection.execute(select(core(Rebuild).c.began_at))).scalar()).encode())
    return Freshness(min(untils) if all_heard else None, min(sinces, default=None), sources, digest.hexdigest())


def shown(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None
