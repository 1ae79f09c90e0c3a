"""Load a snapshot: what an answer about one area needs, in a few statements."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import NamedTuple

from services.reporting.levels.flow_queries import card_use, period_flows, uses_before
from services.reporting.levels.history_queries import LevelsOn, histories
from services.reporting.levels.item_queries import item_rows, statement_rows
from services.reporting.levels.level_queries import cached_levels, levels_on_days
from services.reporting.levels.row_filter import RowFilter, around_area
from services.reporting.levels.scopes import PlaceKind, is_below_district, is_rest, is_roll_up
from services.reporting.levels.snapshot import EVER, CardUse, Flows, Levels, Snapshot
from shared.base import clock
from shared.base.amounts import Amount
from shared.db import Session


class ReportQuery(NamedTuple):
    """What a caller asks: an area, as of a day, as known on a day, by a basis of the required population."""

    area: str
    as_of: date = EVER
    known_on: date = EVER
    basis: str | None = None


async def load_snapshot(session: Session, asked: ReportQuery) -> Snapshot:
    """Everything a report about the area can need, as of its day and of the days it looks back to."""
    today = clock.today(asked.area)
    scope = RowFilter(around_area(asked.area), asked.known_on, asked.basis)
    said = await statement_rows(session, asked.area, asked.as_of, asked.known_on)
    things = await item_rows(session, scope, asked.as_of)
    day = today if asked.as_of == EVER else asked.as_of
    due = {row.due_on for rows in things.get("target", ()) for row in rows if row.due_on and row.due_on < day}
    days = {asked.as_of, *(each.as_of for each in said), *due}
    month = month_of(day)
    return Snapshot(
        today=today,
        known_on=asked.known_on,
        levels=await load_levels(session, scope, asked, days),
        flows={month: await load_flows(session, scope, asked, month)},
        uses=await read_uses(session, scope, asked, {today if each == EVER else each for each in days}),
        items=things,
        statements=said,
    )


async def load_levels(
    session: Session, scope: RowFilter, asked: ReportQuery, days: Iterable[date]
) -> dict[tuple[date, PlaceKind], Levels]:
    """The latest from the cache, where it can be; all other days from anchors and deltas.

    One day is summed by the database. Of many (each statement speaks of one) it would sum everything as often as
    there are days: in a single place what moved it is read once, and each day worked out from that.
    """
    found: dict[tuple[date, PlaceKind], Levels] = {}
    is_plain = scope.known_on == EVER and scope.basis is None
    for by in place_kinds_of(asked.area):
        cached = {EVER} & set(days) if is_plain else set()
        for on in cached:
            found[on, by] = await cached_levels(session, scope, by)
        counted = set(days) - cached
        if len(counted) > 1 and not is_roll_up(asked.area):
            place = None if is_rest(asked.area) else asked.area
            over_time = await histories(session, scope, by, max(counted), place)
            found |= {(on, by): LevelsOn(on, over_time) for on in counted}
        elif counted:
            found |= {(on, by): of_day for on, of_day in (await levels_on_days(session, scope, by, counted)).items()}
    return found


async def read_uses(
    session: Session, scope: RowFilter, asked: ReportQuery, days: Collection[date]
) -> Mapping[date, Mapping[str, CardUse]]:
    if len(days) > 1 and not is_roll_up(asked.area):
        return await uses_before(session, scope, days)
    return {on: await card_use(session, scope, on) for on in days}


async def load_flows(session: Session, scope: RowFilter, asked: ReportQuery, month: tuple[date, date]) -> Flows:
    found: dict[tuple[str, str], Amount] = {}
    for by in place_kinds_of(asked.area):
        found |= await period_flows(session, scope, by, *month, asked.as_of)
    return found


def place_kinds_of(area: str) -> tuple[PlaceKind, ...]:
    """The rest of a district is what its sub-districts leave of it."""
    if is_rest(area):
        return ("district", "subdistrict")
    return ("subdistrict",) if is_below_district(area) else ("district",)


def month_of(day: date) -> tuple[date, date]:
    start = day.replace(day=1)
    following = start.replace(year=day.year + 1, month=1) if day.month == 12 else start.replace(month=day.month + 1)
    return start, date.fromordinal(following.toordinal() - 1)
