"""Measures: the few figures that Prometheus watches, of every district where they are known, as of now."""

from collections.abc import Mapping

from services.reporting.books import EVER, Books
from services.reporting.figures import FIGURES
from services.reporting.formulas import LevelOf, figure
from services.reporting.queries.levels import latest
from services.reporting.queries.scope import Columns, Scope
from shared import areas, clock
from shared.db import Session
from shared.metrics import Reading


def by_district(name: str) -> Reading:
    """A figure made of levels alone, from the cache. The rest would cost a report each."""
    each = FIGURES[name]
    metrics = [leaf.metric for leaf in each.formula.leaves() if isinstance(leaf, LevelOf)]

    async def read(session: Session) -> Mapping[str, float]:
        scope = Scope(lambda columns: of_metrics(columns, metrics))
        levels = await latest(session, scope, "district")
        view = Books(clock.today(areas.NATION), levels={(EVER, "district"): levels}).view()
        found = {district: figure(view, district, each.formula).amount for district, _ in levels}
        return {district: float(amount.value) for district, amount in sorted(found.items()) if amount is not None}

    words = f"{each.label['en']}, as last known"
    return Reading(f"rekap_{name}_{each.unit}", words, "district", read)


def of_metrics(columns: Columns, metrics: list[str]) -> Columns:
    return columns.metric.in_(metrics)


BLANK_STOCK = by_district("blank_stock")
