"""Population, and who is required to hold a card."""

from collections.abc import Iterator

from services.reporting.levels.formulas import LevelOf
from services.reporting.subjects.effects import AnchorSet, Delta, anchor_set
from services.reporting.subjects.figure import Figure
from services.reporting.subjects.meanings import explains
from shared.base.amounts import exact_amount
from shared.events.recording import population

required = LevelOf("required_population")

FIGURES = (
    Figure(
        "population",
        "people",
        LevelOf("population"),
        "Jumlah penduduk",
        "Population",
        "docs/domain.md: Who must hold a card",
    ),
    Figure(
        "required_population",
        "people",
        required,
        "Wajib KTP",
        "Required to hold a card",
        "docs/domain.md: Who must hold a card",
    ),
)


@explains(population.RequiredPopulationMoved)
def required_population_moved(event: population.RequiredPopulationMoved) -> Iterator[Delta]:
    yield Delta(event.area, "required_population", event.occurred_on, exact_amount(event.people))


@explains(population.PopulationSet)
def population_set(event: population.PopulationSet) -> Iterator[AnchorSet]:
    yield anchor_set("population", event)


@explains(population.RequiredPopulationSet)
def required_population_set(event: population.RequiredPopulationSet) -> Iterator[AnchorSet]:
    yield anchor_set("required_population", event)
