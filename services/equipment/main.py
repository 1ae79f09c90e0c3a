"""Equipment: which sub-districts are connected, what was promised, what is broken, what went wrong."""

from services.equipment.connectivity.models import Connection, ConnectionCount, Observation
from services.equipment.connectivity.routes import counts_router
from services.equipment.connectivity.routes import router as connections_router
from services.equipment.deliveries.models import Delivery, Slip
from services.equipment.deliveries.routes import router as deliveries_router
from services.equipment.incidents.models import Incident, IncidentUpdate
from services.equipment.incidents.routes import router as incidents_router
from services.equipment.repairs.models import Repair, RepairStep
from services.equipment.repairs.routes import router as repairs_router
from services.equipment.tables import Table
from shared.events.equipment import connectivity as events
from shared.events.equipment import deliveries as equipment_deliveries
from shared.events.equipment import incidents as equipment_incidents
from shared.events.equipment import repairs as equipment_repairs
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
        events.OpeningBalanceSet,
        events.ConnectivityChanged,
        equipment_deliveries.DeliveryPromised,
        equipment_deliveries.DeliveryRescheduled,
        equipment_deliveries.DeliveryReceived,
        equipment_deliveries.DeliveryCancelled,
        equipment_repairs.FaultReported,
        equipment_repairs.RepairMoved,
        equipment_incidents.IncidentOpened,
        equipment_incidents.IncidentUpdated,
        equipment_incidents.IncidentClosed,
    ],
    routes=[connections_router, counts_router, deliveries_router, repairs_router, incidents_router],
    metadata=Table.metadata,
)
app = service.create_app()
