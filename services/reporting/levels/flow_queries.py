"""Flow queries: what was counted in a period, and how many cards an ordinary day takes."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection
from datetime import date, timedelta
from itertools import accumulate, groupby
from typing import Any

from sqlalchemy import BigInteger, cast, func, select

from services.reporting.levels.level_queries import valid_anchors
from services.reporting.levels.row_filter import RowFilter, fetch_rows
from services.reporting.levels.scopes import PlaceKind
from services.reporting.levels.snapshot import EVER, CardUse
from services.reporting.models import Tally, core
from shared.base import areas
from shared.base.amounts import ZERO, Amount
from shared.db import Session
from shared.events.metrics import PERIOD_METRICS

USE_DAYS = 28

tally = core(Tally).c


async def period_flows(
    session: Session, scope: RowFilter, by: PlaceKind, start: date, end: date, as_of: date = EVER
) -> dict[tuple[str, str], Amount]:
    """Of each place and metric, what was counted from `start` to `end`. In an open period nothing is unknown, not 0.

    Unknown also where the period begins on or before the metric's first anchor dated in the view.
    """
    until = min(end, as_of)
    began = await first_anchors(session, scope, until)
    found = {}
    for row in await fetch_rows(session, flow_sums(scope, by, start, until)):
        first = began.get((areas.district_of(row.place), row.metric))
        amount = Amount(row.value, row.low, row.high)
        if amount != ZERO and (first is None or start > first):
            found[row.place, row.metric] = amount
    return found


async def first_anchors(session: Session, scope: RowFilter, until: date) -> dict[tuple[str, str], date]:
    standing = valid_anchors(scope, until).c
    query = select(standing.district, standing.metric, func.min(standing.as_of).label("first"))
    query = query.where(standing.metric.in_(PERIOD_METRICS)).group_by(standing.district, standing.metric)
    return {(row.district, row.metric): row.first for row in await fetch_rows(session, query)}


def flow_sums(scope: RowFilter, by: PlaceKind, start: date, until: date) -> Any:  # Any: a select
    place = tally.district if by == "district" else tally.area
    amounts = [cast(func.sum(tally[name]), BigInteger).label(name) for name in ("value", "low", "high")]
    return (
        select(place.label("place"), tally.metric, *amounts)
        .where(scope.where(tally), tally.known_on <= scope.known_on)
        .where(tally.metric.in_(PERIOD_METRICS), tally.occurred_on.between(start, until))
        .group_by(place, tally.metric)
    )


async def card_use(session: Session, scope: RowFilter, day: date) -> dict[str, CardUse]:
    """Of each district, cards printed in the four weeks before a day, and on how many of those days."""
    cards = cast(func.sum(tally.value), BigInteger).label("cards")
    days = func.count(tally.occurred_on.distinct()).label("days")
    query = (
        select(tally.district, cards, days)
        .where(scope.where(tally), tally.known_on <= scope.known_on, tally.metric == "cards_printed")
        .where(tally.occurred_on.between(*weeks_before(day)))
        .group_by(tally.district)
    )
    return {row.district: CardUse(row.cards, row.days) for row in await fetch_rows(session, query) if row.cards > 0}


async def uses_before(session: Session, scope: RowFilter, days: Collection[date]) -> dict[date, dict[str, CardUse]]:
    """As `uses`, of many days in one statement: what was printed on each day since the first of them."""
    first, last = weeks_before(min(days))[0], weeks_before(max(days))[1]
    query = (
        select(tally.district, tally.occurred_on, cast(func.sum(tally.value), BigInteger).label("cards"))
        .where(scope.where(tally), tally.known_on <= scope.known_on, tally.metric == "cards_printed")
        .where(tally.occurred_on.between(first, last))
        .group_by(tally.district, tally.occurred_on)
        .order_by(tally.district, tally.occurred_on)
    )
    found: dict[date, dict[str, CardUse]] = {day: {} for day in days}
    for district, printed in groupby(await fetch_rows(session, query), key=lambda row: row.district):
        on, cards = zip(*((row.occurred_on, row.cards) for row in printed), strict=True)
        sums = list(accumulate(cards, initial=0))
        for day in days:
            start, end = weeks_before(day)
            since, until = bisect_left(on, start), bisect_right(on, end)
            if sums[until] > sums[since]:
                found[day][district] = CardUse(sums[until] - sums[since], until - since)
    return found


def weeks_before(day: date) -> tuple[date, date]:
    return day - timedelta(days=USE_DAYS), day - timedelta(days=1)
