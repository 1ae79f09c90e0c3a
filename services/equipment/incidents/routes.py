"""Routes of incidents."""

from typing import Annotated, Any

from fastapi import Response

from services.equipment.access import Reader, Write
from services.equipment.fields import AreaFilter, BooleanFilter
from services.equipment.incidents import commands, queries
from services.equipment.incidents.models import Incident
from services.equipment.incidents.schemas import (
    IncidentClosingCreate,
    IncidentCreate,
    IncidentList,
    IncidentPublic,
    IncidentUpdateCreate,
)
from shared.base.fields import Id
from shared.http import Answer, Page, ReadSession, Router, strict
from shared.security.rows import reach

router = Router(prefix="/v1/incidents")


@router.post("", status_code=201)
async def open_incident(
    body: Annotated[IncidentCreate, strict(IncidentCreate)],
    write: Write,
    response: Response,
) -> IncidentPublic:
    """Something stopped or slowed the service; an alert that is known already updates its incident."""
    made = await commands.open_incident(write.session, body=body, fingerprint=write.fingerprint(body), by=write.by)
    incident_public = write.created(made, IncidentPublic, location=f"/v1/incidents/{made.row.id}")
    if made.row.updates:
        response.status_code = 200  # nothing was opened
    return incident_public


@router.get("", response_model=IncidentList)
async def list_incidents(
    session: ReadSession, caller: Reader, page: Page, area: AreaFilter | None = None, open: BooleanFilter | None = None
) -> dict[str, Any]:
    """Incidents by the day they were opened; `open=true`: those not over, `open=false`: those over."""
    is_open = None if open is None else open == "true"
    return page.answer(
        await queries.page_of_incidents(session, by=caller, area=area, is_open=is_open, page=page.wanted)
    )


@router.get("/{incident_id}")
async def get_incident(incident_id: Id, session: ReadSession, caller: Reader, answer: Answer) -> IncidentPublic:
    """One incident with everything that became known of it."""
    return answer.found(await reach(session, Incident, incident_id, caller, scope="area"), IncidentPublic)


@router.post("/{incident_id}/updates", status_code=201)
async def update_incident(
    incident_id: Id, body: Annotated[IncidentUpdateCreate, strict(IncidentUpdateCreate)], write: Write
) -> IncidentPublic:
    """More is known of it."""
    made = await commands.update_incident(
        write.session, incident_id=incident_id, body=body, fingerprint=write.fingerprint(body), by=write.by
    )
    return write.created(made, IncidentPublic, location=f"/v1/incidents/{incident_id}")


@router.post("/{incident_id}/closing", status_code=201)
async def close_incident(
    incident_id: Id, body: Annotated[IncidentClosingCreate, strict(IncidentClosingCreate)], write: Write
) -> IncidentPublic:
    """It is over; what is put down to it may be said now."""
    made = await commands.close_incident(
        write.session, incident_id=incident_id, body=body, fingerprint=write.fingerprint(body), by=write.by
    )
    return write.created(made, IncidentPublic, location=f"/v1/incidents/{incident_id}")
