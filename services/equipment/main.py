"""Equipment: which sub-districts are connected, what was promised, what is broken, what went wrong."""

from services.equipment.connectivity import CONNECTIVITY
from services.equipment.deliveries import DELIVERIES
from services.equipment.incidents import INCIDENTS
from services.equipment.repairs import REPAIRS
from services.equipment.tables import Table
from shared.service import Service

service = Service(
    name="equipment",
    title="equipment",
    slices=[CONNECTIVITY, DELIVERIES, REPAIRS, INCIDENTS],
    metadata=Table.metadata,
)
app = service.create_app()
