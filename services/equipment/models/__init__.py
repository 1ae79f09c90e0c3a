"""Tables of equipment with their rules; one file per noun."""

from services.equipment.models.base import NothingSaid as NothingSaid
from services.equipment.models.base import Table as Table
from services.equipment.models.connections import Connection as Connection
from services.equipment.models.connections import Observation as Observation
from services.equipment.models.connections import taken_back as taken_back
from services.equipment.models.counts import ConnectionCount as ConnectionCount
from services.equipment.models.deliveries import Delivery as Delivery
from services.equipment.models.deliveries import Slip as Slip
from services.equipment.models.incidents import Incident as Incident
from services.equipment.models.incidents import IncidentUpdate as IncidentUpdate
from services.equipment.models.repairs import AlreadyOpen as AlreadyOpen
from services.equipment.models.repairs import Repair as Repair
from services.equipment.models.repairs import RepairStep as RepairStep
