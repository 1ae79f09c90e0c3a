"""Repairs: a fault on a component of a kit, and its ticket from the report to the end."""

from services.equipment.repairs.models import Repair, RepairStep
from services.equipment.repairs.routes import router
from shared.events.equipment import FaultReported, RepairMoved
from shared.service import Slice

REPAIRS = Slice(owns=[Repair, RepairStep], publishes=[FaultReported, RepairMoved], routes=[router])
