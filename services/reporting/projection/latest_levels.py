"""Latest levels: a cache kept with the fold; recounted where an anchor arrives, whatever the order."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import delete, select

from services.reporting.levels.level import counts
from services.reporting.levels.level_queries import LevelParts, level_parts
from services.reporting.levels.row_filter import RowFilter, of_pairs
from services.reporting.levels.scopes import PlaceKind
from services.reporting.levels.snapshot import EVER
from services.reporting.models import Current, core
from services.reporting.projection.batch import TallyKey, cause_of
from shared.base import areas, ids
from shared.db import Session, bulk, lock_id
from shared.events import EVENTS, PUBLISHER_OF
from shared.events.metrics import ANCHORED_BY

AT_ONCE = 500
PAIRS_AT_ONCE = 20  # a backlog may bring the openings of a nation: no statement may outlast its time
table = core(Current)
c = table.c
SUMS = ("sum_value", "sum_low", "sum_high")
ColumnValues = dict[str, Any]  # Any: parameters of a statement
DeltaSums = Mapping[TallyKey, list[int]]
MOVED_BY_ANOTHER = frozenset(  # metric, cause: what one source anchors and another one moves
    (metric, cause_of(type_))
    for metric, source in ANCHORED_BY.items()
    for type_, event in EVENTS.items()
    if PUBLISHER_OF[event] != source
)


class LevelKey(NamedTuple):
    district: str
    metric: str
    is_district: bool
    area: str


COLUMNS = (*LevelKey._fields, *SUMS, "last_on")


async def lock_levels(session: Session, tally: DeltaSums, anchored: Collection[tuple[str, str]]) -> None:
    """Lock the levels that two sources may anchor and move at once, until the transaction ends.

    Without it a fold looks for an anchor that is about to be committed, and adds to a level what the anchor covers.
    Folds of one source are one at a time anyway (`DatabaseInbox`), so what only one source moves needs no lock.
    """
    moved = {(key.district, key.metric) for key in tally if (key.metric, key.cause) in MOVED_BY_ANOTHER}
    for pair in sorted(moved.union(anchored)):  # in one order, so that two cannot wait for each other
        await lock_id(session, ids.derived_id("level", *pair))


async def add_deltas(session: Session, tally: DeltaSums, *, besides: Collection[tuple[str, str]]) -> None:
    """Add a batch's deltas to the levels they move. besides: districts and metrics that are recounted anyway."""
    moves = (
        {key: sums for key, sums in tally.items() if (key.district, key.metric) not in besides} if besides else tally
    )
    anchors = await cached_anchors(session, {(key.district, key.metric) for key in moves})
    # plain tuples and lists: this and the two upserts are where a large batch spends its time
    moved: dict[tuple[str, str, bool, str], list[Any]] = {}  # by Key. Any: three sums and the latest day
    for (metric, district, on, area, *_), sums in moves.items():
        for is_district, part in places_moved(district, area):
            place = (district, metric, is_district, part)
            if anchors and place in anchors and not counts(on, *anchors[place]):
                continue
            if (found := moved.get(place)) is None:
                moved[place] = [*sums, on]
            else:
                add_sums(found, sums, on)
    rows = [(*place, *sums) for place, sums in sorted(moved.items())]
    await bulk.upsert(session, table, COLUMNS, rows, keys=LevelKey._fields, add=SUMS, latest=("last_on",))


def add_sums(found: list[Any], sums: Sequence[int], on: date) -> None:  # Any: as above
    found[0] += sums[0]
    found[1] += sums[1]
    found[2] += sums[2]
    if on > found[3]:
        found[3] = on


@lru_cache(20_000)
def places_moved(district: str, area: str) -> tuple[tuple[bool, str], ...]:
    """A district, and its sub-district where one is named; what is in none of them is the rest."""
    return ((True, district),) if areas.is_unassigned(area) else ((True, district), (False, area))


async def cached_anchors(
    session: Session, pairs: Collection[tuple[str, str]]
) -> dict[tuple[str, str, bool, str], tuple[date, str | None]]:
    """The anchors in force of these districts and metrics, as far as the cache knows them."""
    found: dict[tuple[str, str, bool, str], tuple[date, str | None]] = {}
    metrics = sorted({metric for _, metric in pairs} & set(ANCHORED_BY))
    districts = sorted({district for district, metric in pairs if metric in metrics})
    for start in range(0, len(districts), AT_ONCE):
        here = (c.district.in_(districts[start : start + AT_ONCE]), c.metric.in_(metrics), c.anchor_on.is_not(None))
        query = select(c.district, c.metric, c.is_district, c.area, c.anchor_on, c.basis).where(*here)
        for *place, anchor_on, basis in await (await session.connection()).execute(query):
            found[LevelKey(*place)] = (anchor_on, basis)
    return found


def cache_row(key: LevelKey, standing: LevelParts) -> ColumnValues:
    start, sums = standing.start, standing.summed
    return {
        **key._asdict(), "anchor_on": standing.anchor_on, "basis": standing.basis,
        "start_value": start and start.value, "start_low": start and start.low, "start_high": start and start.high,
        "sum_value": sums.value, "sum_low": sums.low, "sum_high": sums.high, "last_on": standing.last_on,
    }  # fmt: skip


async def recount_levels(session: Session, pairs: Collection[tuple[str, str]]) -> None:
    """Count the levels of these districts and metrics anew, from the anchors and deltas that stand now."""
    wanted = sorted(pairs)
    for start in range(0, len(wanted), PAIRS_AT_ONCE):
        await recount_chunk(session, wanted[start : start + PAIRS_AT_ONCE])


async def recount_chunk(session: Session, pairs: Collection[tuple[str, str]]) -> None:
    scope = RowFilter(of_pairs(pairs))
    connection = await session.connection()
    await connection.execute(delete(table).where(scope.where(c)))
    kinds: tuple[tuple[PlaceKind, bool], ...] = (("district", True), ("subdistrict", False))
    for by, is_district in kinds:
        found = await level_parts(session, scope, by, [EVER])
        rows = [
            cache_row(LevelKey(areas.district_of(place), metric, is_district, place), standing)
            for (_, place, metric), standing in sorted(found.items(), key=lambda each: each[0])
            if is_district or not areas.is_unassigned(place)
        ]
        if rows:
            await connection.execute(table.insert(), rows)
