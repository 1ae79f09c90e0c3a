"""Recording: who has been recorded and where, who is required to hold a card, and what is aimed at."""

from services.recording.captures import TABLE
from services.recording.commands.ages import come_of_age
from services.recording.commands.imports import go_on_with_imports
from services.recording.handlers import on_cards_printed
from services.recording.models import (
    Document,
    Import,
    ImportFinding,
    LookUp,
    Movement,
    Recording,
    RecordingStep,
    Residence,
    Statement,
    Table,
    Target,
)
from services.recording.routes.documents import router as population_router
from services.recording.routes.imports import imports_router
from services.recording.routes.recordings import capture_router
from services.recording.routes.recordings import router as recordings_router
from services.recording.routes.recordings import searches as lookup_router
from services.recording.routes.statements import router as statements_router
from services.recording.routes.targets import router as targets_router
from services.recording.sealing import keys_of
from shared.events import recording as said
from shared.events.blanks import CardsPrinted
from shared.service import Service
from shared.together import Together

service = Service(
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
        LookUp,
    ],
    publishes=[
        said.PopulationSet,
        said.RequiredPopulationSet,
        said.OpeningBalanceSet,
        said.RequiredPopulationMoved,
        said.TargetSet,
        said.StatementReceived,
        said.RecordingsCaptured,
        said.RecordingsReversed,
        said.RecordingsStateChanged,
        said.RecordingsCameOfAge,
        said.RecordingsAreaChanged,
        said.RecordingsDeleted,
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
    rounds=[come_of_age, go_on_with_imports],
    state=lambda settings: {"nik_keys": keys_of(settings), "captures": Together(TABLE)},
    metadata=Table.metadata,
)
app = service.create_app()
