"""Recording: who has been recorded and where, who is required to hold a card, and what is aimed at."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.recording.identity.encryption import load_nik_keys
from services.recording.identity.keys_at_start import require_keys
from services.recording.lookup.models import LookUp
from services.recording.lookup.routes import router as lookup_router
from services.recording.population.models import Document, Movement
from services.recording.population.routes import router as population_router
from services.recording.recordings.capture import RECORDING_TABLE
from services.recording.recordings.coming_of_age import process_coming_of_age
from services.recording.recordings.handlers import on_cards_printed
from services.recording.recordings.models import Recording, RecordingStep, Residence
from services.recording.recordings.routes import capture_router
from services.recording.recordings.routes import router as recordings_router
from services.recording.statements.imports import continue_imports
from services.recording.statements.models import Import, ImportFinding, ImportPart, Statement
from services.recording.statements.routes import imports_router
from services.recording.statements.routes import router as statements_router
from services.recording.tables import Table
from services.recording.targets.models import Target
from services.recording.targets.routes import router as targets_router
from shared.events.blanks.printing import CardsPrinted
from shared.events.recording import population as events
from shared.events.recording import recordings as recording_recordings
from shared.events.recording import statements as recording_statements
from shared.events.recording import targets as recording_targets
from shared.messaging.group_commit import GroupCommit
from shared.service import Service
from shared.settings import settings_of


class RecordingService(Service):
    """Starts with the keys of its recordings alone."""

    @asynccontextmanager
    async def lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        await require_keys(app.state.given or settings_of(self.name))
        async with super().lifespan(app):
            yield


service = RecordingService(
    name="recording",
    title="recording",
    owns=[
        Recording,
        RecordingStep,
        Residence,
        Document,
        Movement,
        Target,
        Statement,
        Import,
        ImportFinding,
        ImportPart,
        LookUp,
    ],
    publishes=[
        events.PopulationSet,
        events.RequiredPopulationSet,
        events.OpeningBalanceSet,
        events.RequiredPopulationMoved,
        recording_targets.TargetSet,
        recording_statements.StatementReceived,
        recording_recordings.RecordingsCaptured,
        recording_recordings.RecordingsReversed,
        recording_recordings.RecordingsStateChanged,
        recording_recordings.RecordingsCameOfAge,
        recording_recordings.RecordingsAreaChanged,
        recording_recordings.RecordingsDeleted,
    ],
    consumes={CardsPrinted: on_cards_printed},
    routes=[
        capture_router,
        recordings_router,
        lookup_router,
        population_router,
        targets_router,
        statements_router,
        imports_router,
    ],
    periodic_tasks=[process_coming_of_age, continue_imports],
    state=lambda settings: {"nik_keys": load_nik_keys(settings), "captures": GroupCommit(RECORDING_TABLE)},
    metadata=Table.metadata,
)
app = service.create_app()
