"""Printing: the print queue as recording's events leave it, and print runs."""

from services.blanks.printing import handlers
from services.blanks.printing.models import PrintQueueEntry, PrintRun
from services.blanks.printing.routes import router
from shared.events.blanks import CardsPrinted
from shared.events.recording import (
    RecordingsAreaChanged,
    RecordingsCameOfAge,
    RecordingsDeleted,
    RecordingsStateChanged,
)
from shared.service import Slice

PRINTING = Slice(
    owns=[PrintQueueEntry, PrintRun],
    publishes=[CardsPrinted],
    consumes={
        RecordingsStateChanged: handlers.on_recordings_state_changed,
        RecordingsCameOfAge: handlers.on_recordings_came_of_age,
        RecordingsAreaChanged: handlers.on_recordings_area_changed,
        RecordingsDeleted: handlers.on_recordings_deleted,
    },
    routes=[router],
)
