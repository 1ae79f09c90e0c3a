"""Recordings: captured, moved through the work, moved between areas, taken back."""

from services.recording.recordings import fast_capture
from services.recording.recordings.coming_of_age import process_coming_of_age
from services.recording.recordings.handlers import on_cards_printed
from services.recording.recordings.models import Recording, RecordingStep, Residence
from services.recording.recordings.routes import router
from shared.events.blanks import CardsPrinted
from shared.events.recording import (
    RecordingsAreaChanged,
    RecordingsCameOfAge,
    RecordingsCaptured,
    RecordingsDeleted,
    RecordingsReversed,
    RecordingsStateChanged,
)
from shared.service import Slice

RECORDINGS = Slice(
    owns=[Recording, RecordingStep, Residence],
    publishes=[
        RecordingsCaptured,
        RecordingsReversed,
        RecordingsStateChanged,
        RecordingsCameOfAge,
        RecordingsAreaChanged,
        RecordingsDeleted,
    ],
    consumes={CardsPrinted: on_cards_printed},
    routes=[router],
    fast_routes=[fast_capture.router],
    periodic_tasks=[process_coming_of_age],
)
