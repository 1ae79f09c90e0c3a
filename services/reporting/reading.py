"""Reading: the slice of the books that an answer about one area needs, in a few statements."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from services.reporting.books import EVER, Books, Flows, Levels
from services.reporting.places import By, is_below_district, is_rest
from services.reporting.queries.flows import flows, uses
from services.reporting.queries.levels import latest, levels
from services.reporting.queries.scope import Scope, around
from services.reporting.queries.things import items, statements
from shared import clock
from shared.amounts import Amount
from shared.db import Session


class Asked(NamedTuple):
    """What a caller asks: an area, as of a day, as known on a day, by a basis of the required population."""

    area: str
    as_of: date = EVER
    known_on: date = EVER
    basis: str | None = None


async def read_books(session: Session, asked: Asked) -> Books:
    """Everything a report about the area can need, as of its day and of the days it looks back to."""
    today = clock.today(asked.area)
    scope = Scope(around(asked.area), asked.known_on, asked.basis)
    said = await statements(session, asked.area, asked.as_of, asked.known_on)
    things = await items(session, scope, asked.as_of)
    day = today if asked.as_of == EVER else asked.as_of
    due = {row.due_on for rows in things.get("target", ()) for row in rows if row.due_on and row.due_on < day}
    days = {asked.as_of, *(each.as_of for each in said), *due}
    month = month_of(day)
    return Books(
        today=today,
        known_on=asked.known_on,
        levels=await read_levels(session, scope, asked, days),
        flows={month: await read_flows(session, scope, asked, month)},
        uses={on: await uses(session, scope, on) for on in {today if each == EVER else each for each in days}},
        items=things,
        statements=said,
    )


async def read_levels(
    session: Session, scope: Scope, asked: Asked, days: Iterable[date]
) -> dict[tuple[date, By], Levels]:
    """The latest from the cache, where it can be; all other days from anchors and deltas."""
    found: dict[tuple[date, By], Levels] = {}
    is_plain = scope.known_on == EVER and scope.basis is None
    for by in kinds_of(asked.area):
        cached = {EVER} & set(days) if is_plain else set()
        for on in cached:
            found[on, by] = await latest(session, scope, by)
        counted = set(days) - cached
        if counted:
            found |= {(on, by): of_day for on, of_day in (await levels(session, scope, by, counted)).items()}
    return found


async def read_flows(session: Session, scope: Scope, asked: Asked, month: tuple[date, date]) -> Flows:
    found: dict[tuple[str, str], Amount] = {}
    for by in kinds_of(asked.area):
        found |= await flows(session, scope, by, *month, asked.as_of)
    return found


def kinds_of(area: str) -> tuple[By, ...]:
    """The rest of a district is what its sub-districts leave of it."""
    if is_rest(area):
        return ("district", "subdistrict")
    return ("subdistrict",) if is_below_district(area) else ("district",)


def month_of(day: date) -> tuple[date, date]:
    start = day.replace(day=1)
    following = start.replace(year=day.year + 1, month=1) if day.month == 12 else start.replace(month=day.month + 1)
    return start, date.fromordinal(following.toordinal() - 1)
