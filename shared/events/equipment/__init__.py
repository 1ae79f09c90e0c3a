"""What the equipment service publishes; one file per subject."""

from shared.events.equipment.connectivity import ConnectivityChanged as ConnectivityChanged
from shared.events.equipment.connectivity import OpeningBalanceSet as OpeningBalanceSet
from shared.events.equipment.deliveries import DeliveryCancelled as DeliveryCancelled
from shared.events.equipment.deliveries import DeliveryPromised as DeliveryPromised
from shared.events.equipment.deliveries import DeliveryReceived as DeliveryReceived
from shared.events.equipment.deliveries import DeliveryRescheduled as DeliveryRescheduled
from shared.events.equipment.incidents import IncidentClosed as IncidentClosed
from shared.events.equipment.incidents import IncidentOpened as IncidentOpened
from shared.events.equipment.incidents import IncidentUpdated as IncidentUpdated
from shared.events.equipment.repairs import FaultReported as FaultReported
from shared.events.equipment.repairs import RepairMoved as RepairMoved
from shared.events.equipment.topic import TOPIC as TOPIC
