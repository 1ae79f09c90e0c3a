"""Routes of incidents."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Response

from services.equipment.commands import incidents as commands
from services.equipment.models import Incident
from services.equipment.queries import incidents as queries
from services.equipment.routes import Reader, Writer
from services.equipment.schemas.base import Around, YesOrNo
from services.equipment.schemas.incidents import (
    IncidentClosingCreate,
    IncidentCreate,
    IncidentList,
    IncidentPublic,
    IncidentUpdateCreate,
)
from shared.auth import reach
from shared.http import Answer, Made, Page, Prints, ReadSession, Router, WriteSession, as_list, strict
from shared.types import Id

incidents = Router(prefix="/v1/incidents")


@incidents.post("", status_code=201)
async def open_incident(
    body: Annotated[IncidentCreate, strict(IncidentCreate)],
    session: WriteSession,
    caller: Writer,
    prints: Prints,
    answer: Answer,
    response: Response,
) -> IncidentPublic:
    """Something stopped or slowed the service; an alert that is known already updates its incident."""
    made = await commands.open_incident(session, body=body, fingerprint=prints(body), by=caller)
    shown = answer.made(made, IncidentPublic, location=f"/v1/incidents/{made.row.id}")
    if made.row.updates:
        response.status_code = 200  # nothing was opened
    return shown


@incidents.get("", response_model=IncidentList)
async def list_incidents(
    session: ReadSession, caller: Reader, page: Page, area: Around | None = None, open: YesOrNo | None = None
) -> Mapping[str, Any]:
    """Incidents by the day they were opened; `open=true`: those not over, `open=false`: those over."""
    is_open = None if open is None else open == "true"
    return as_list(*await queries.incidents(session, by=caller, area=area, is_open=is_open, page=page))


@incidents.get("/{incident_id}")
async def get_incident(incident_id: Id, session: ReadSession, caller: Reader, answer: Answer) -> IncidentPublic:
    """One incident with everything that became known of it."""
    return answer.stepped(Made(await reach(session, Incident, incident_id, caller, scope="area")), IncidentPublic)


@incidents.post("/{incident_id}/updates", status_code=201)
async def update_incident(
    incident_id: Id,
    body: Annotated[IncidentUpdateCreate, strict(IncidentUpdateCreate)],
    session: WriteSession,
    caller: Writer,
    prints: Prints,
    answer: Answer,
) -> IncidentPublic:
    """More is known of it."""
    made = await commands.update_incident(
        session, incident_id=incident_id, body=body, fingerprint=prints(body), by=caller
    )
    return answer.made(made, IncidentPublic, location=f"/v1/incidents/{incident_id}")


@incidents.post("/{incident_id}/closing", status_code=201)
async def close_incident(
    incident_id: Id,
    body: Annotated[IncidentClosingCreate, strict(IncidentClosingCreate)],
    session: WriteSession,
    caller: Writer,
    prints: Prints,
    answer: Answer,
) -> IncidentPublic:
    """It is over; what is put down to it may be said now."""
    made = await commands.close_incident(
        session, incident_id=incident_id, body=body, fingerprint=prints(body), by=caller
    )
    return answer.made(made, IncidentPublic, location=f"/v1/incidents/{incident_id}")
