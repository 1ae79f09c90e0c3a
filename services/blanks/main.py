"""Blanks: where every blank is, and which card it became."""

from services.blanks.handlers import (
    on_recordings_area_changed,
    on_recordings_came_of_age,
    on_recordings_deleted,
    on_recordings_state_changed,
)
from services.blanks.models import Balance, Leg, Opening, Posting, PrintRun, Queued, Requisition, Shipment, Table
from services.blanks.routes.printing import router as printing_router
from services.blanks.routes.requisitions import router as requisitions_router
from services.blanks.routes.stock import router as ledger_router
from shared.events import blanks as said
from shared.events.recording import (
    RecordingsAreaChanged,
    RecordingsCameOfAge,
    RecordingsDeleted,
    RecordingsStateChanged,
)
from shared.service import Service

service = Service(
    name="blanks",
    title="blanks",
    owns=[Opening, Posting, Leg, Balance, Requisition, Shipment, Queued, PrintRun],
    publishes=[
        said.OpeningBalanceSet,
        said.StockMoved,
        said.RequisitionSubmitted,
        said.RequisitionGranted,
        said.RequisitionRejected,
        said.RequisitionClosed,
        said.ShipmentReceived,
        said.CardsPrinted,
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
