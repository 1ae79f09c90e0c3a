"""Population: documents that set it, who is required to hold a card, movements, openings."""

from services.recording.population.models import Document, Movement
from services.recording.population.routes import router
from shared.events.recording import (
    OpeningBalanceSet,
    PopulationSet,
    RequiredPopulationMoved,
    RequiredPopulationSet,
)
from shared.service import Slice

POPULATION = Slice(
    owns=[Document, Movement],
    publishes=[PopulationSet, RequiredPopulationSet, OpeningBalanceSet, RequiredPopulationMoved],
    routes=[router],
)
