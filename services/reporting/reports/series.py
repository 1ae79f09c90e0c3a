"""Series: a figure over time in one place, day by day where something changed, with the days it was begun anew."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from services.reporting.levels.formulas import LevelOf, evaluate
from services.reporting.levels.history_queries import LevelHistory, LevelsOn, level_history
from services.reporting.levels.load_snapshot import ReportQuery
from services.reporting.levels.scopes import is_rest, is_roll_up, kind_of
from services.reporting.levels.snapshot import EVER, Snapshot
from services.reporting.schemas.amount import known_ends
from services.reporting.schemas.series import PointShape, Series
from services.reporting.subjects.figures import FIGURES
from shared.base import clock
from shared.db import Session

POINTS_AT_MOST = 240
SERIES_FIGURES = tuple(
    name
    for name, each in FIGURES.items()
    if not name.startswith("target_") and all(isinstance(leaf, LevelOf) for leaf in each.formula.leaves())
)


def has_series(area: str) -> bool:
    """Of one place: sums over places that are known from different days on would jump."""
    return not is_roll_up(area) and not is_rest(area)


async def build_series(session: Session, asked: ReportQuery, names: Sequence[str]) -> Series:
    """Points of each figure: `on`, its amount, and whether an anchor speaks for that day. Unknown days have none."""
    metrics = {leaf.metric for name in names for leaf in FIGURES[name].formula.leaves() if isinstance(leaf, LevelOf)}
    found = await level_history(session, asked.area, metrics, asked.as_of, asked.known_on, asked.basis)
    today = clock.today(asked.area)
    until = today if asked.as_of == EVER else asked.as_of
    days = days_of(found, until)
    levels = {(day, kind_of(asked.area)): LevelsOn(day, {asked.area: found}) for day in days}
    snapshot = Snapshot(today=today, levels=levels)
    begun = {metric: {each.as_of for each in anchors} for metric, anchors in found.anchors.items()}
    return Series(until, {name: series_points(snapshot, asked.area, name, days, begun) for name in names})


def days_of(found: LevelHistory, until: date) -> list[date]:
    """Days on which something changed, thinned where they are many; never the days of an anchor."""
    anchored = {each.as_of for anchors in found.anchors.values() for each in anchors}
    changed = sorted({on for deltas in found.deltas.values() for on, _ in deltas} - anchored)
    return sorted(anchored | set(thin_out(changed)) | {until} if anchored or changed else set())


def thin_out(days: Sequence[date]) -> list[date]:
    """The last day of each of as many equal stretches as points are shown."""
    if len(days) <= POINTS_AT_MOST:
        return list(days)
    first, span = days[0].toordinal(), days[-1].toordinal() - days[0].toordinal() + 1
    last_of = {(day.toordinal() - first) * POINTS_AT_MOST // span: day for day in days}
    return sorted(last_of.values())


def series_points(
    snapshot: Snapshot, area: str, name: str, days: Sequence[date], begun: Mapping[str, Collection[date]]
) -> list[PointShape]:
    each = FIGURES[name]
    metrics = [leaf.metric for leaf in each.formula.leaves() if isinstance(leaf, LevelOf)]
    found = []
    for day in days:
        amount = evaluate(snapshot.view(day), area, each.formula).amount
        if amount is not None:
            is_anchored = any(day in begun.get(metric, ()) for metric in metrics)
            found.append(PointShape(on=day, **known_ends(amount, is_ratio=each.is_ratio), anchored=is_anchored))
    return found
