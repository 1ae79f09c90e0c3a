"""Traces: how one level came about: its anchor with reason, the deltas after it, the late facts it covers."""

from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, cast, func, select

from services.reporting.models import AnchorLine, Tally, core
from services.reporting.places import By
from services.reporting.queries.levels import BASES, UNMOVED, anchors_standing
from services.reporting.queries.scope import Scope, among, rows
from shared import areas
from shared.amounts import NOTHING, Amount, total
from shared.db import Session

tally, line = core(Tally).c, core(AnchorLine).c


class Counted(NamedTuple):
    """What one kind of event changed on one day, as it became known on one day."""

    occurred_on: date
    cause: str
    known_on: date
    amount: Amount


class Started(NamedTuple):
    """An anchor in force, as far as it speaks for a place. difference: to what was computed until it came."""

    as_of: date
    known_on: date
    basis: str
    amount: Amount
    source: str
    reason: str
    difference: Amount | None


class Trace(NamedTuple):
    anchor: Started | None
    deltas: list[Counted]
    covered: list[Counted]


async def trace(
    session: Session, place: str, metric: str, by: By, as_of: date, known_on: date, basis: str | None
) -> Trace:
    scope = Scope(among([(areas.district_of(place), metric)]), known_on, basis)
    counted = await count(session, scope, place, by, as_of)
    standing = await rows(session, select(anchors_standing(scope, as_of)))
    anchor = in_force(standing)
    started = await start(session, standing, anchor, place, by, counted) if anchor is not None else None
    if started is None:
        return Trace(None, counted, [])
    after = [row for row in counted if row.occurred_on > started.as_of and started.basis != UNMOVED]
    late = [row for row in counted if row.occurred_on <= started.as_of and row.known_on >= started.known_on]
    return Trace(started, after, late)


def in_force(standing: list[Any]) -> Any:  # Any: rows of anchors
    """The latest of the first basis that has one."""
    ranked = sorted(standing, key=lambda row: (rank(row.basis), -row.as_of.toordinal()))
    return ranked[0] if ranked else None


def rank(basis: str) -> int:
    return BASES.index(basis) if basis in BASES else 0


async def start(
    session: Session, standing: list[Any], anchor: Any, place: str, by: By, counted: list[Counted]
) -> Started | None:  # Any: rows of anchors
    amount = await amount_of(session, anchor, place, by)
    if amount is None:
        return None
    earlier = [row for row in standing if row.basis == anchor.basis and row.as_of < anchor.as_of]
    before = max(earlier, key=lambda row: row.as_of, default=None)
    difference = None
    if before is not None and (began := await amount_of(session, before, place, by)) is not None:
        until = [row.amount for row in counted if before.as_of < row.occurred_on <= anchor.as_of]
        difference = amount - (began + (total(until) if anchor.basis != UNMOVED else NOTHING))
    return Started(anchor.as_of, anchor.known_on, anchor.basis, amount, anchor.source, anchor.reason, difference)


async def amount_of(session: Session, anchor: Any, place: str, by: By) -> Amount | None:  # Any: a row
    """A district starts from the whole document, a sub-district from its line."""
    if by == "district":
        return Amount(anchor.value, anchor.low, anchor.high)
    id: UUID = anchor.id
    found = await rows(session, select(core(AnchorLine)).where(line.anchor_id == id, line.area == place))
    return Amount(found[0].value, found[0].low, found[0].high) if found else None


async def count(session: Session, scope: Scope, place: str, by: By, as_of: date) -> list[Counted]:
    where = tally.district == place if by == "district" else tally.area == place
    sums = [cast(func.sum(tally[name]), BigInteger).label(name) for name in ("value", "low", "high")]
    query = (
        select(tally.occurred_on, tally.cause, tally.known_on, *sums)
        .where(scope.where(tally), where, tally.known_on <= scope.known_on, tally.occurred_on <= as_of)
        .group_by(tally.occurred_on, tally.cause, tally.known_on)
        .order_by(tally.occurred_on, tally.cause, tally.known_on)
    )
    return [
        Counted(row.occurred_on, row.cause, row.known_on, Amount(row.value, row.low, row.high))
        for row in await rows(session, query)
    ]
