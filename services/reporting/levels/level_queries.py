"""Level queries: the valid anchor plus the deltas after it, of every place in scope at once, as of several days."""

from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import CTE, BigInteger, Date, and_, cast, func, literal, or_, select, union_all

from services.reporting.levels.level import BASES, Level, level_of
from services.reporting.levels.level_clauses import counts_clause, preferred_first
from services.reporting.levels.row_filter import RowFilter, fetch_rows
from services.reporting.levels.scopes import PlaceKind
from services.reporting.levels.snapshot import EVER
from services.reporting.models import Anchor, AnchorLine, Current, Tally, core
from shared.base.amounts import ZERO, Amount
from shared.db import Session

anchor, line, tally, current = core(Anchor).c, core(AnchorLine).c, core(Tally).c, core(Current).c


class LevelParts(NamedTuple):
    """A level in its parts. start: none where no anchor in force has a line for the place."""

    anchor_on: date | None
    basis: str | None
    start: Amount | None
    summed: Amount
    last_on: date | None

    def level(self, metric: str) -> Level:
        found = (self.anchor_on, self.basis or "") if self.anchor_on else None
        return level_of(metric, self.start, self.summed, self.last_on, found)


NO_PARTS = LevelParts(None, None, None, ZERO, None)
Place = tuple[date, str, str]  # day, place, metric


async def levels_on_days(
    session: Session, scope: RowFilter, by: PlaceKind, days: Collection[date]
) -> dict[date, dict[tuple[str, str], Level]]:
    """Of every district, or of every sub-district in scope, as of each of the days."""
    found: dict[date, dict[tuple[str, str], Level]] = {day: {} for day in days}
    for (day, place, metric), standing in (await level_parts(session, scope, by, days)).items():
        found[day][place, metric] = standing.level(metric)
    return found


async def cached_levels(session: Session, scope: RowFilter, by: PlaceKind) -> dict[tuple[str, str], Level]:
    """From the cache: one row for each place and metric."""
    query = select(core(Current)).where(current.is_district == (by == "district"), scope.where(current))
    return {(row.area, row.metric): cached_parts(row).level(row.metric) for row in await fetch_rows(session, query)}


def cached_parts(row: Any) -> LevelParts:  # Any: a row of `current`
    start = None if row.start_value is None else Amount(row.start_value, row.start_low, row.start_high)
    return LevelParts(row.anchor_on, row.basis, start, Amount(row.sum_value, row.sum_low, row.sum_high), row.last_on)


async def level_parts(
    session: Session, scope: RowFilter, by: PlaceKind, days: Collection[date]
) -> dict[Place, LevelParts]:
    wanted = days_cte(days)
    starts = start_amounts(latest_valid_anchors(scope, wanted), by)
    found: dict[Place, LevelParts] = {}
    for row in await fetch_rows(session, select(starts)):
        start = Amount(row.value, row.low, row.high)
        found[row.day, row.place, row.metric] = LevelParts(row.anchor_on, row.basis, start, ZERO, None)
    for row in await fetch_rows(session, delta_sums(scope, wanted, starts, by)):
        key = row.day, row.place, row.metric
        summed = Amount(row.value, row.low, row.high)
        found[key] = found.get(key, NO_PARTS)._replace(summed=summed, last_on=row.last_on)
    return found


def days_cte(days: Collection[date]) -> CTE:
    each = [select(literal(day, Date).label("day")) for day in sorted(days)]
    return union_all(*each).cte("days")


def valid_anchors(scope: RowFilter, until: date = EVER) -> Any:  # Any: a subquery
    """Within a day the highest seq has the last word, and a document without lines withdraws the day."""
    word = func.row_number().over(
        partition_by=[anchor.metric, anchor.district, anchor.basis, anchor.as_of],
        order_by=[anchor.seq.desc(), anchor.id.desc()],
    )
    said = (
        select(core(Anchor), word.label("word"))
        .where(
            scope.where(anchor), anchor.known_on <= scope.known_on, anchor.as_of <= until, has_read_basis(scope.basis)
        )
        .subquery("said")
    )
    return select(said).where(said.c.word == 1, said.c.line_count > 0).subquery("standing")


def has_read_basis(basis: str | None) -> Any:  # Any: a clause
    """A version of the required population has a basis that is read; other metrics have none."""
    bases = BASES if basis is None else (basis,)
    has_basis = anchor.metric == "required_population"
    return or_(and_(has_basis, anchor.basis.in_(bases)), and_(~has_basis, anchor.basis == ""))


def latest_valid_anchors(scope: RowFilter, days: CTE) -> Any:  # Any: a subquery
    """On each day the latest of the first basis that has one: a whole district reads one basis."""
    standing = valid_anchors(scope)
    choice = func.row_number().over(
        partition_by=[days.c.day, standing.c.metric, standing.c.district],
        order_by=preferred_first(standing.c),
    )
    ranked = (
        select(days.c.day, standing, choice.label("choice"))
        .join_from(days, standing, standing.c.as_of <= days.c.day)
        .subquery("ranked")
    )
    return select(ranked).where(ranked.c.choice == 1).subquery("in_force")


def start_amounts(in_force: Any, by: PlaceKind) -> CTE:  # Any: a subquery
    """A district starts from the whole document, a sub-district from its line."""
    columns = [in_force.c.day, in_force.c.metric, in_force.c.as_of.label("anchor_on"), in_force.c.basis]
    if by == "district":
        amount = [in_force.c.value, in_force.c.low, in_force.c.high]
        return select(*columns, in_force.c.district.label("place"), *amount).cte("starts")
    amount = [line.value, line.low, line.high]
    joined = select(*columns, line.area.label("place"), *amount).join_from(
        in_force, core(AnchorLine), line.anchor_id == in_force.c.id
    )
    return joined.cte("starts")


def delta_sums(scope: RowFilter, days: CTE, starts: CTE, by: PlaceKind) -> Any:  # Any: a select
    """Of the deltas that the anchor in force does not cover; all of them where a place has none."""
    place = tally.district if by == "district" else tally.area
    start = starts.c
    here = and_(start.day == days.c.day, start.place == place, start.metric == tally.metric)
    amounts = [cast(func.sum(tally[name]), BigInteger).label(name) for name in ("value", "low", "high")]
    return (
        select(days.c.day, place.label("place"), tally.metric, *amounts, func.max(tally.occurred_on).label("last_on"))
        .join_from(days, core(Tally), tally.occurred_on <= days.c.day)
        .outerjoin(starts, here)
        .where(scope.where(tally), tally.known_on <= scope.known_on, counts_clause(tally.occurred_on, start))
        .group_by(days.c.day, place, tally.metric)
    )
