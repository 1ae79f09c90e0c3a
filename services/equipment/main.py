"""Equipment: which sub-districts are connected, what was promised, what is broken, what went wrong."""

from services.equipment.models import (
    Connection,
    ConnectionCount,
    Delivery,
    Incident,
    IncidentUpdate,
    Observation,
    Repair,
    RepairStep,
    Slip,
    Table,
)
from services.equipment.routes.connections import connections as connections_router
from services.equipment.routes.connections import counts_router
from services.equipment.routes.deliveries import deliveries as deliveries_router
from services.equipment.routes.incidents import incidents as incidents_router
from services.equipment.routes.repairs import repairs as repairs_router
from shared.events import equipment as says
from shared.service import Service

service = Service(
    name="equipment",
    title="equipment",
    owns=[
        Connection,
        Observation,
        ConnectionCount,
        Delivery,
        Slip,
        Repair,
        RepairStep,
        Incident,
        IncidentUpdate,
    ],
    publishes=[
        says.OpeningBalanceSet,
        says.ConnectivityChanged,
        says.DeliveryPromised,
        says.DeliveryRescheduled,
        says.DeliveryReceived,
        says.DeliveryCancelled,
        says.FaultReported,
        says.RepairMoved,
        says.IncidentOpened,
        says.IncidentUpdated,
        says.IncidentClosed,
    ],
    routes=[connections_router, counts_router, deliveries_router, repairs_router, incidents_router],
    metadata=Table.metadata,
)
app = service.create_app()
