"""Trace queries: how one level came about: its anchor with reason, the deltas after it, the late facts it covers."""

from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, cast, func, select

from services.reporting.levels.level import UNMOVED_BASIS, anchor_in_force, counts
from services.reporting.levels.level_queries import valid_anchors
from services.reporting.levels.row_filter import RowFilter, fetch_rows, of_pairs
from services.reporting.levels.scopes import PlaceKind
from services.reporting.models import AnchorLine, Tally, core
from shared.base import areas
from shared.base.amounts import ZERO, Amount, sum_amounts
from shared.db import Session

tally, line = core(Tally).c, core(AnchorLine).c


class DeltaRow(NamedTuple):
    """What one kind of event changed on one day, as it became known on one day."""

    occurred_on: date
    cause: str
    known_on: date
    amount: Amount


class AnchorTrace(NamedTuple):
    """An anchor in force, as far as it speaks for a place. difference: to what was computed until it came."""

    as_of: date
    known_on: date
    basis: str
    amount: Amount
    source: str
    reason: str
    difference: Amount | None


class Trace(NamedTuple):
    anchor: AnchorTrace | None
    deltas: list[DeltaRow]
    covered: list[DeltaRow]


async def trace_level(
    session: Session, place: str, metric: str, by: PlaceKind, as_of: date, known_on: date, basis: str | None
) -> Trace:
    scope = RowFilter(of_pairs([(areas.district_of(place), metric)]), known_on, basis)
    counted = await delta_rows(session, scope, place, by, as_of)
    standing = await fetch_rows(session, select(valid_anchors(scope, as_of)))
    anchor: Any = anchor_in_force(standing, as_of)  # Any: a row
    started = await anchor_trace(session, standing, anchor, place, by, counted) if anchor is not None else None
    if started is None:
        return Trace(None, counted, [])
    after = [row for row in counted if counts(row.occurred_on, started.as_of, started.basis)]
    late = [row for row in counted if row.occurred_on <= started.as_of and row.known_on >= started.known_on]
    return Trace(started, after, late)


async def anchor_trace(
    session: Session, standing: list[Any], anchor: Any, place: str, by: PlaceKind, counted: list[DeltaRow]
) -> AnchorTrace | None:  # Any: rows of anchors
    amount = await anchor_amount(session, anchor, place, by)
    if amount is None:
        return None
    earlier = [row for row in standing if row.basis == anchor.basis and row.as_of < anchor.as_of]
    before = max(earlier, key=lambda row: row.as_of, default=None)
    difference = None
    if before is not None and (began := await anchor_amount(session, before, place, by)) is not None:
        until = [row.amount for row in counted if before.as_of < row.occurred_on <= anchor.as_of]
        difference = amount - (began + (sum_amounts(until) if anchor.basis != UNMOVED_BASIS else ZERO))
    return AnchorTrace(anchor.as_of, anchor.known_on, anchor.basis, amount, anchor.source, anchor.reason, difference)


async def anchor_amount(session: Session, anchor: Any, place: str, by: PlaceKind) -> Amount | None:  # Any: a row
    """A district starts from the whole document, a sub-district from its line."""
    if by == "district":
        return Amount(anchor.value, anchor.low, anchor.high)
    id: UUID = anchor.id
    found = await fetch_rows(session, select(core(AnchorLine)).where(line.anchor_id == id, line.area == place))
    return Amount(found[0].value, found[0].low, found[0].high) if found else None


async def delta_rows(session: Session, scope: RowFilter, place: str, by: PlaceKind, as_of: date) -> list[DeltaRow]:
    where = tally.district == place if by == "district" else tally.area == place
    sums = [cast(func.sum(tally[name]), BigInteger).label(name) for name in ("value", "low", "high")]
    query = (
        select(tally.occurred_on, tally.cause, tally.known_on, *sums)
        .where(scope.where(tally), where, tally.known_on <= scope.known_on, tally.occurred_on <= as_of)
        .group_by(tally.occurred_on, tally.cause, tally.known_on)
        .order_by(tally.occurred_on, tally.cause, tally.known_on)
    )
    return [
        DeltaRow(row.occurred_on, row.cause, row.known_on, Amount(row.value, row.low, row.high))
        for row in await fetch_rows(session, query)
    ]
