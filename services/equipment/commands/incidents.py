"""Opening an incident, learning more of it, closing it; alerts may come again as often as they like."""

from uuid import UUID

from services.equipment.commands.base import lock_name, origin
from services.equipment.models import Incident, IncidentUpdate
from services.equipment.queries.incidents import latest_of_alert
from services.equipment.schemas.incidents import IncidentClosingCreate, IncidentCreate, IncidentUpdateCreate
from shared import areas, outbox
from shared.auth import Caller, reach
from shared.db import Session
from shared.errors import ExistsWithDifferent
from shared.http import Made
from shared.ids import new_id
from shared.retries import settled


async def open_incident(session: Session, *, body: IncidentCreate, fingerprint: str, by: Caller) -> Made:
    """Note that something went wrong; of a known alert, what is new.

    Raises AreaForbidden, ExistsWithDifferent, and what `Incident.open` and `Incident.update` raise.
    """
    by.require_area(body.area, "#/area")
    known = await incident_of_alert(session, body, by)
    if known is not None:
        return await hear_again(session, known, body, fingerprint, by)
    known = await settled(session, Incident, body.id, fingerprint, by, scope="area")
    if known is not None:
        return Made(known, replayed=True)
    incident = Incident(
        **body.model_dump(exclude={"occurred_on", "services"}),
        district=areas.district_of(body.area),
        services=body.services or [],
        client=by.client,
        opened_on=body.occurred_on,
        updates=[],
        **origin(fingerprint, by),
    )
    outbox.add(session, incident.open(), subject=incident.id)
    session.add(incident)
    return Made(incident)


async def incident_of_alert(session: Session, body: IncidentCreate, by: Caller) -> Incident | None:
    """The incident an alert speaks of, by the monitoring system's own id; a later one than what is closed is new."""
    if body.external_id is None:
        return None
    await lock_name(session, "alert", by.client, body.area, body.external_id)
    known = await latest_of_alert(session, client=by.client, area=body.area, external_id=body.external_id)
    if known is not None and known.closed_on is not None and body.occurred_on > known.closed_on:
        return None
    return known


async def hear_again(session: Session, incident: Incident, body: IncidentCreate, fingerprint: str, by: Caller) -> Made:
    """Take over what the alert says otherwise than before; what is closed stays as it is."""
    news = incident.unknown_yet(body.reported_fields())
    if not news or incident.closed_on is not None:
        return Made(incident, replayed=True)
    update = IncidentUpdate(
        id=new_id(),
        incident_id=incident.id,
        area=incident.area,
        occurred_on=max(body.occurred_on, incident.last_on),
        said=news,
        **origin(fingerprint, by),
    )
    outbox.add(session, incident.update(update), subject=incident.id)
    session.add(incident)
    return Made(incident)


async def update_incident(
    session: Session, *, incident_id: UUID, body: IncidentUpdateCreate, fingerprint: str, by: Caller
) -> Made:
    """Note what more is known. Raises NotFound, ExistsWithDifferent, and what `Incident.update` raises."""
    incident = await reach(session, Incident, incident_id, by, lock=True, scope="area")
    known = await settled(session, IncidentUpdate, body.id, fingerprint, by, scope="area")
    if known is not None and known.incident_id != incident.id:
        raise ExistsWithDifferent(pointer="#/id")
    if known is not None:
        return Made(incident, replayed=True)
    update = IncidentUpdate(
        id=body.id,
        incident_id=incident.id,
        area=incident.area,
        occurred_on=body.occurred_on,
        said=body.reported_fields(),
        **origin(fingerprint, by),
    )
    outbox.add(session, incident.update(update), subject=incident.id)
    session.add(incident)
    return Made(incident)


async def close_incident(
    session: Session, *, incident_id: UUID, body: IncidentClosingCreate, fingerprint: str, by: Caller
) -> Made:
    """It is over. Raises NotFound, and what `Incident.close` raises."""
    incident = await reach(session, Incident, incident_id, by, lock=True, scope="area")
    event = incident.close(body.occurred_on, body.reported_fields(), request=fingerprint)
    if event is None:
        return Made(incident, replayed=True)
    outbox.add(session, event, subject=incident.id)
    session.add(incident)
    return Made(incident)
