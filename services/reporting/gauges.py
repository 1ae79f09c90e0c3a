"""Gauges: the few figures that Prometheus watches, of every district where they are known, as of now."""

from collections.abc import Mapping

from services.reporting.levels.formulas import LevelOf, evaluate
from services.reporting.levels.level_queries import cached_levels
from services.reporting.levels.row_filter import Columns, RowFilter
from services.reporting.levels.snapshot import EVER, Snapshot
from services.reporting.subjects.figures import FIGURES
from shared.base import areas, clock
from shared.db import Session
from shared.observability.metrics import TableGauge


def district_gauge(name: str) -> TableGauge:
    """A figure made of levels alone, from the cache. The rest would cost a report each."""
    each = FIGURES[name]
    metrics = [leaf.metric for leaf in each.formula.leaves() if isinstance(leaf, LevelOf)]

    async def read(session: Session) -> Mapping[str, float]:
        scope = RowFilter(lambda columns: of_metrics(columns, metrics))
        levels = await cached_levels(session, scope, "district")
        view = Snapshot(clock.today(areas.NATION), levels={(EVER, "district"): levels}).view()
        found = {district: evaluate(view, district, each.formula).amount for district, _ in levels}
        return {district: float(amount.value) for district, amount in sorted(found.items()) if amount is not None}

    words = f"{each.label['en']}, as last known"
    return TableGauge(f"rekap_{name}_{each.unit}", words, "district", read)


def of_metrics(columns: Columns, metrics: list[str]) -> Columns:
    return columns.metric.in_(metrics)


BLANK_STOCK = district_gauge("blank_stock")
