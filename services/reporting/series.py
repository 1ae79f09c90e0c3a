"""Series: a figure over time in one place, day by day where something changed, with the days it was begun anew."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from itertools import accumulate

from services.reporting.books import EVER, Books, Level, level
from services.reporting.figures import FIGURES
from services.reporting.formulas import LevelOf, figure
from services.reporting.places import is_rest, is_roll_up, kind_of
from services.reporting.queries.levels import BASES, UNMOVED
from services.reporting.queries.series import Begun, History, history
from services.reporting.reading import Asked
from services.reporting.showing import Json, shown
from shared import clock
from shared.amounts import NOTHING, Amount
from shared.db import Session

POINTS_AT_MOST = 240
SERIES = tuple(
    name
    for name, each in FIGURES.items()
    if not name.startswith("target_") and all(isinstance(leaf, LevelOf) for leaf in each.formula.leaves())
)


def has_series(area: str) -> bool:
    """Of one place: sums over places that are known from different days on would jump."""
    return not is_roll_up(area) and not is_rest(area)


async def series(session: Session, asked: Asked, names: Sequence[str]) -> Json:
    """Points of each figure: `on`, its amount, and whether an anchor speaks for that day. Unknown days have none."""
    metrics = {leaf.metric for name in names for leaf in FIGURES[name].formula.leaves() if isinstance(leaf, LevelOf)}
    found = await history(session, asked.area, metrics, asked.as_of, asked.known_on, asked.basis)
    today = clock.today(asked.area)
    until = today if asked.as_of == EVER else asked.as_of
    days = days_of(found, until)
    of_metric = {metric: levels_of(metric, found, days) for metric in metrics}
    levels = {
        (day, kind_of(asked.area)): {(asked.area, metric): each[number] for metric, each in of_metric.items()}
        for number, day in enumerate(days)
    }
    books = Books(today=today, levels=levels)
    begun = {metric: {each.as_of for each in anchors} for metric, anchors in found.anchors.items()}
    return {
        "until": until.isoformat(),
        "series": {name: points(books, asked.area, name, days, begun) for name in names},
    }


def days_of(found: History, until: date) -> list[date]:
    """Days on which something changed, thinned where they are many; never the days of an anchor."""
    anchored = {each.as_of for anchors in found.anchors.values() for each in anchors}
    changed = sorted({on for deltas in found.deltas.values() for on, _ in deltas} - anchored)
    return sorted(anchored | set(thinned(changed)) | {until} if anchored or changed else set())


def thinned(days: Sequence[date]) -> list[date]:
    """The last day of each of as many equal stretches as points are shown."""
    if len(days) <= POINTS_AT_MOST:
        return list(days)
    first, span = days[0].toordinal(), days[-1].toordinal() - days[0].toordinal() + 1
    last_of = {(day.toordinal() - first) * POINTS_AT_MOST // span: day for day in days}
    return sorted(last_of.values())


def levels_of(metric: str, found: History, days: Iterable[date]) -> list[Level]:
    """As of each day: the anchor in force and the deltas that it does not cover."""
    deltas, anchors = found.deltas.get(metric, []), found.anchors.get(metric, [])
    on = [day for day, _ in deltas]
    sums = list(accumulate((amount for _, amount in deltas), initial=NOTHING))
    return [level_at(metric, in_force(anchors, day), on, sums, day) for day in days]


def level_at(metric: str, begun: Begun | None, on: list[date], sums: list[Amount], day: date) -> Level:
    until = bisect_right(on, day)
    since = bisect_right(on, begun.as_of) if begun and begun.start else 0
    if begun and begun.start and begun.basis == UNMOVED:
        until = since
    moved = sums[until] + sums[since].undone()
    last_on = on[until - 1] if until > since else None
    start = begun.start if begun else None
    return level(metric, start, moved, last_on, (begun.as_of, begun.basis) if begun and start else None)


def in_force(anchors: Sequence[Begun], day: date) -> Begun | None:
    """The latest of the first basis that has one. A district reads one basis; only required people have several."""
    until = [each for each in anchors if each.as_of <= day]
    first = min((each.basis for each in until), key=rank, default=None)
    return next((each for each in reversed(until) if each.basis == first), None)


def rank(basis: str) -> int:
    return BASES.index(basis) if basis in BASES else 0


def points(
    books: Books, area: str, name: str, days: Sequence[date], begun: Mapping[str, Collection[date]]
) -> list[Json]:
    each = FIGURES[name]
    metrics = [leaf.metric for leaf in each.formula.leaves() if isinstance(leaf, LevelOf)]
    found = []
    for day in days:
        amount = figure(books.view(day), area, each.formula).amount
        if amount is not None:
            is_anchored = any(day in begun.get(metric, ()) for metric in metrics)
            found.append({"on": day.isoformat(), **shown(amount, is_ratio=each.is_ratio), "anchored": is_anchored})
    return found
