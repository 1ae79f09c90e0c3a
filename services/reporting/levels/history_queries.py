"""History queries: the anchors and daily deltas that levels of one place are made of over time. Two statements."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from sqlalchemy import BigInteger, cast, func, select

from services.reporting.levels.level_queries import valid_anchors
from services.reporting.levels.row_filter import RowFilter, fetch_rows, of_pairs
from services.reporting.levels.scopes import kind_of
from services.reporting.models import AnchorLine, Tally, core
from shared.base import areas
from shared.base.amounts import Amount
from shared.db import Session

tally, line = core(Tally).c, core(AnchorLine).c


class PlaceAnchor(NamedTuple):
    """An anchor as far as it speaks for the place. start: none where it has no line for it."""

    as_of: date
    basis: str
    start: Amount | None


class LevelHistory(NamedTuple):
    """By metric, in order of day."""

    anchors: dict[str, list[PlaceAnchor]]
    deltas: dict[str, list[tuple[date, Amount]]]


async def level_history(
    session: Session, place: str, metrics: Collection[str], as_of: date, known_on: date, basis: str | None
) -> LevelHistory:
    """Everything that moved these metrics in a district or sub-district until a day, as known on a day."""
    scope = RowFilter(of_pairs((areas.district_of(place), metric) for metric in metrics), known_on, basis)
    return LevelHistory(
        await anchor_history(session, scope, place, as_of), await delta_history(session, scope, place, as_of)
    )


async def anchor_history(session: Session, scope: RowFilter, place: str, as_of: date) -> dict[str, list[PlaceAnchor]]:
    standing = valid_anchors(scope, as_of)
    found = standing.c
    if kind_of(place) == "district":
        query = select(found.metric, found.as_of, found.basis, found.value, found.low, found.high)
    else:
        here = (line.anchor_id == found.id) & (line.area == place)
        query = select(found.metric, found.as_of, found.basis, line.value, line.low, line.high)
        query = query.select_from(standing).outerjoin(core(AnchorLine), here)
    begun: dict[str, list[PlaceAnchor]] = defaultdict(list)
    for row in await fetch_rows(session, query.order_by(found.as_of)):
        start = None if row.value is None else Amount(row.value, row.low, row.high)
        begun[row.metric].append(PlaceAnchor(row.as_of, row.basis, start))
    return begun


async def delta_history(
    session: Session, scope: RowFilter, place: str, as_of: date
) -> dict[str, list[tuple[date, Amount]]]:
    where = tally.district == place if kind_of(place) == "district" else tally.area == place
    sums = [cast(func.sum(tally[name]), BigInteger).label(name) for name in ("value", "low", "high")]
    query = (
        select(tally.metric, tally.occurred_on, *sums)
        .where(scope.where(tally), where, tally.known_on <= scope.known_on, tally.occurred_on <= as_of)
        .group_by(tally.metric, tally.occurred_on)
        .order_by(tally.metric, tally.occurred_on)
    )
    found: dict[str, list[tuple[date, Amount]]] = defaultdict(list)
    for row in await fetch_rows(session, query):
        found[row.metric].append((row.occurred_on, Amount(row.value, row.low, row.high)))
    return found
