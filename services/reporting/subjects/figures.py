"""Figures: those of every subject, in the order in which reports show them."""

from collections.abc import Iterator

from services.reporting.levels.scopes import is_below_district
from services.reporting.subjects import cards, connectivity, population, recordings, stock, targets
from services.reporting.subjects.figure import Figure
from shared.events.metrics import METRICS, PERIOD_METRICS

FIGURES = {
    figure.name: figure
    for subject in (population, recordings, cards, stock, connectivity, targets)
    for figure in subject.FIGURES
}
FLOWS = {metric: METRICS[metric].unit for metric in PERIOD_METRICS}  # what is also told of a period, by unit
CHECKED = {  # what a statement is held against
    name: figure.name
    for figure in FIGURES.values()
    if figure.stated_as is not None
    for name in (figure.name, *figure.stated_as)
}


def figures_of(area: str) -> Iterator[Figure]:
    for figure in FIGURES.values():
        if not (figure.districts_only and is_below_district(area)):
            yield figure
