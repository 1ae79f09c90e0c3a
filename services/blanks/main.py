"""Blanks: where every blank is, and which card it became."""

from services.blanks.ledger.models import Balance, Leg, Opening, Posting
from services.blanks.ledger.routes import router as ledger_router
from services.blanks.printing.handlers import (
    on_recordings_area_changed,
    on_recordings_came_of_age,
    on_recordings_deleted,
    on_recordings_state_changed,
)
from services.blanks.printing.models import PrintQueueEntry, PrintRun
from services.blanks.printing.routes import router as printing_router
from services.blanks.requisitions.models import Requisition, Shipment
from services.blanks.requisitions.routes import router as requisitions_router
from services.blanks.tables import Table
from shared.events.blanks import ledger as events
from shared.events.blanks import printing as blanks_printing
from shared.events.blanks import requisitions as blanks_requisitions
from shared.events.recording.recordings import (
    RecordingsAreaChanged,
    RecordingsCameOfAge,
    RecordingsDeleted,
    RecordingsStateChanged,
)
from shared.service import Service

service = Service(
    name="blanks",
    title="blanks",
    owns=[Opening, Posting, Leg, Balance, Requisition, Shipment, PrintQueueEntry, PrintRun],
    publishes=[
        events.OpeningBalanceSet,
        events.StockMoved,
        blanks_requisitions.RequisitionSubmitted,
        blanks_requisitions.RequisitionGranted,
        blanks_requisitions.RequisitionRejected,
        blanks_requisitions.RequisitionClosed,
        blanks_requisitions.ShipmentReceived,
        blanks_printing.CardsPrinted,
    ],
    consumes={
        RecordingsStateChanged: on_recordings_state_changed,
        RecordingsCameOfAge: on_recordings_came_of_age,
        RecordingsAreaChanged: on_recordings_area_changed,
        RecordingsDeleted: on_recordings_deleted,
    },
    routes=[ledger_router, requisitions_router, printing_router],
    metadata=Table.metadata,
)
app = service.create_app()
