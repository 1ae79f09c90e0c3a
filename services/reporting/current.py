"""Current: the cache of latest levels, kept with the fold; recounted where an anchor arrives, whatever the order."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import case, delete, or_, select

from services.reporting.books import EVER
from services.reporting.models import Current, core
from services.reporting.places import By
from services.reporting.queries.levels import UNMOVED, Standing, standings
from services.reporting.queries.scope import Scope, among
from shared import areas
from shared.amounts import Amount
from shared.db import Session, insert

AT_ONCE = 500
table = core(Current)
c = table.c
Row = dict[str, Any]  # Any: parameters of a statement
Tally = Mapping[Any, list[int]]  # Any: the fold's key


class Key(NamedTuple):
    is_district: bool
    area: str
    metric: str


async def add(session: Session, tally: Tally, *, besides: Collection[tuple[str, str]]) -> None:
    """Add a batch's deltas to the levels they move. besides: districts and metrics that are recounted anyway."""
    touched: dict[Key, list[tuple[date, list[int]]]] = {}
    for key, sums in tally.items():
        if (key.district, key.metric) not in besides:
            for place in places_of(key.district, key.area):
                touched.setdefault(Key(*place, key.metric), []).append((key.occurred_on, sums))
    anchors = await anchors_of(session, touched)
    rows = [row for key in sorted(touched) if (row := summed(key, touched[key], anchors.get(key)))]
    await upsert(session, rows)


def places_of(district: str, area: str) -> Iterable[tuple[bool, str]]:
    """A district, and its sub-district where one is named; what is in none of them is the rest."""
    yield True, district
    if not areas.is_unassigned(area):
        yield False, area


async def anchors_of(session: Session, keys: Iterable[Key]) -> dict[Key, tuple[date | None, str | None]]:
    """The anchors in force, as far as the cache knows them."""
    found = {}
    wanted = sorted({key.area for key in keys})
    for start in range(0, len(wanted), AT_ONCE):
        query = select(table).where(c.area.in_(wanted[start : start + AT_ONCE]))
        for row in await (await session.connection()).execute(query):
            found[Key(row.is_district, row.area, row.metric)] = (row.anchor_on, row.basis)
    return found


def summed(
    key: Key, moves: Iterable[tuple[date, list[int]]], anchor: tuple[date | None, str | None] | None
) -> Row | None:
    """What the anchor in force does not cover, as a row to add; none where it covers all."""
    anchor_on, basis = anchor or (None, None)
    after = [(on, sums) for on, sums in moves if anchor_on is None or (on > anchor_on and basis != UNMOVED)]
    if not after:
        return None
    value, low, high = (sum(sums[end] for _, sums in after) for end in range(3))
    standing = Standing(None, None, None, Amount(value, low, high), max(on for on, _ in after))
    return row_of(key, standing)


def row_of(key: Key, standing: Standing) -> Row:
    start, sums = standing.start, standing.summed
    return {
        "is_district": key.is_district, "area": key.area, "metric": key.metric,
        "district": areas.district_of(key.area), "anchor_on": standing.anchor_on, "basis": standing.basis,
        "start_value": start and start.value, "start_low": start and start.low, "start_high": start and start.high,
        "sum_value": sums.value, "sum_low": sums.low, "sum_high": sums.high, "last_on": standing.last_on,
    }  # fmt: skip


async def upsert(session: Session, rows: list[Row]) -> None:
    if not rows:
        return
    new = insert(session, table)
    said = new.excluded
    sums = {name: c[name] + said[name] for name in ("sum_value", "sum_low", "sum_high")}
    later = case((or_(c.last_on.is_(None), said.last_on > c.last_on), said.last_on), else_=c.last_on)
    statement = new.on_conflict_do_update(index_elements=list(Key._fields), set_={**sums, "last_on": later})
    await (await session.connection()).execute(statement, rows)


async def recount(session: Session, pairs: Collection[tuple[str, str]]) -> None:
    """Count the levels of these districts and metrics anew, from the anchors and deltas that stand now."""
    if not pairs:
        return
    scope = Scope(among(pairs))
    connection = await session.connection()
    await connection.execute(delete(table).where(scope.where(c)))
    kinds: tuple[tuple[By, bool], ...] = (("district", True), ("subdistrict", False))
    for by, is_district in kinds:
        found = await standings(session, scope, by, [EVER])
        rows = [
            row_of(Key(is_district, place, metric), standing)
            for (_, place, metric), standing in sorted(found.items(), key=lambda each: each[0])
            if is_district or not areas.is_unassigned(place)
        ]
        if rows:
            await connection.execute(table.insert(), rows)
