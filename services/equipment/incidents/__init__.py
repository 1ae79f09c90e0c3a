"""Incidents that stop services, by layer and cause."""

from services.equipment.incidents.models import Incident, IncidentUpdate
from services.equipment.incidents.routes import router
from shared.events.equipment import IncidentClosed, IncidentOpened, IncidentUpdated
from shared.service import Slice

INCIDENTS = Slice(
    owns=[Incident, IncidentUpdate],
    publishes=[IncidentOpened, IncidentUpdated, IncidentClosed],
    routes=[router],
)
