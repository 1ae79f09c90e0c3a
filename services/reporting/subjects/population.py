"""Population, and who is required to hold a card."""

from collections.abc import Iterator

from services.reporting.subjects.effects import AnchorSet, Delta, anchor_set
from services.reporting.subjects.meanings import explains
from shared.base.amounts import exact
from shared.events import recording


@explains(recording.RequiredPopulationMoved)
def required_population_moved(event: recording.RequiredPopulationMoved) -> Iterator[Delta]:
    yield Delta(event.area, "required_population", event.occurred_on, exact(event.people))


@explains(recording.PopulationSet)
def population_set(event: recording.PopulationSet) -> Iterator[AnchorSet]:
    yield anchor_set("population", event)


@explains(recording.RequiredPopulationSet)
def required_population_set(event: recording.RequiredPopulationSet) -> Iterator[AnchorSet]:
    yield anchor_set("required_population", event)
