"""Population, and who is required to hold a card."""

from collections.abc import Iterator

from services.reporting.subjects.effects import AnchorSet, Delta, anchor_set
from services.reporting.subjects.meanings import explains
from shared.base.amounts import exact_amount
from shared.events.recording import population


@explains(population.RequiredPopulationMoved)
def required_population_moved(event: population.RequiredPopulationMoved) -> Iterator[Delta]:
    yield Delta(event.area, "required_population", event.occurred_on, exact_amount(event.people))


@explains(population.PopulationSet)
def population_set(event: population.PopulationSet) -> Iterator[AnchorSet]:
    yield anchor_set("population", event)


@explains(population.RequiredPopulationSet)
def required_population_set(event: population.RequiredPopulationSet) -> Iterator[AnchorSet]:
    yield anchor_set("required_population", event)
