"""Series: what levels are made of over time in one place: its anchors, and the deltas of each day. Two statements."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from sqlalchemy import BigInteger, cast, func, select

from services.reporting.models import AnchorLine, Tally, core
from services.reporting.places import kind_of
from services.reporting.queries.levels import anchors_standing
from services.reporting.queries.scope import Scope, among, rows
from shared import areas
from shared.amounts import Amount
from shared.db import Session

tally, line = core(Tally).c, core(AnchorLine).c


class Begun(NamedTuple):
    """An anchor as far as it speaks for the place. start: none where it has no line for it."""

    as_of: date
    basis: str
    start: Amount | None


class History(NamedTuple):
    """By metric, in order of day."""

    anchors: dict[str, list[Begun]]
    deltas: dict[str, list[tuple[date, Amount]]]


async def history(
    session: Session, place: str, metrics: Collection[str], as_of: date, known_on: date, basis: str | None
) -> History:
    """Everything that moved these metrics in a district or sub-district until a day, as known on a day."""
    scope = Scope(among((areas.district_of(place), metric) for metric in metrics), known_on, basis)
    return History(await anchors(session, scope, place, as_of), await deltas(session, scope, place, as_of))


async def anchors(session: Session, scope: Scope, place: str, as_of: date) -> dict[str, list[Begun]]:
    standing = anchors_standing(scope, as_of)
    found = standing.c
    if kind_of(place) == "district":
        query = select(found.metric, found.as_of, found.basis, found.value, found.low, found.high)
    else:
        here = (line.anchor_id == found.id) & (line.area == place)
        query = select(found.metric, found.as_of, found.basis, line.value, line.low, line.high)
        query = query.select_from(standing).outerjoin(core(AnchorLine), here)
    begun: dict[str, list[Begun]] = defaultdict(list)
    for row in await rows(session, query.order_by(found.as_of)):
        start = None if row.value is None else Amount(row.value, row.low, row.high)
        begun[row.metric].append(Begun(row.as_of, row.basis, start))
    return begun


async def deltas(session: Session, scope: Scope, place: str, as_of: date) -> dict[str, list[tuple[date, Amount]]]:
    where = tally.district == place if kind_of(place) == "district" else tally.area == place
    sums = [cast(func.sum(tally[name]), BigInteger).label(name) for name in ("value", "low", "high")]
    query = (
        select(tally.metric, tally.occurred_on, *sums)
        .where(scope.where(tally), where, tally.known_on <= scope.known_on, tally.occurred_on <= as_of)
        .group_by(tally.metric, tally.occurred_on)
        .order_by(tally.metric, tally.occurred_on)
    )
    found: dict[str, list[tuple[date, Amount]]] = defaultdict(list)
    for row in await rows(session, query):
        found[row.metric].append((row.occurred_on, Amount(row.value, row.low, row.high)))
    return found
