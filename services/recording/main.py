"""Recording: who has been recorded and where, who is required to hold a card, and what is aimed at."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.recording.identity.encryption import load_nik_keys
from services.recording.keys_at_start import require_keys
from services.recording.lookup import LOOKUP
from services.recording.population import POPULATION
from services.recording.recordings import RECORDINGS
from services.recording.recordings.models import RECORDING_TABLE
from services.recording.statements import STATEMENTS
from services.recording.tables import Table
from services.recording.targets import TARGETS
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
    slices=[RECORDINGS, LOOKUP, POPULATION, TARGETS, STATEMENTS],
    state=lambda settings: {"nik_keys": load_nik_keys(settings), "captures": GroupCommit(RECORDING_TABLE)},
    metadata=Table.metadata,
)
app = service.create_app()
