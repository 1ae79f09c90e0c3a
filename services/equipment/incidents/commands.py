"""Opening an incident, learning more of it, closing it; alerts may come again as often as they like."""

from uuid import UUID

from services.equipment.incidents.models import Incident, IncidentUpdate
from services.equipment.incidents.queries import latest_of_alert
from services.equipment.incidents.schemas import IncidentClosingCreate, IncidentCreate, IncidentUpdateCreate
from services.equipment.locks import lock_name
from services.equipment.tables import creation_columns
from shared.base import areas
from shared.base.errors import ExistsWithDifferent
from shared.base.ids import new_id
from shared.base.results import CommandResult
from shared.db import Session, lock_id
from shared.messaging import outbox
from shared.security.caller import Caller
from shared.security.rows import find_replay, reach


async def open_incident(
    session: Session, *, body: IncidentCreate, fingerprint: str, by: Caller
) -> CommandResult[Incident]:
    """Note that something went wrong; of a known alert, what is new.

    Raises AreaForbidden, ExistsWithDifferent, and what `Incident.open` and `Incident.update` raise.
    """
    by.require_area(body.area, "#/area")
    existing = await incident_of_alert(session, body, by)
    if existing is not None and not await is_of_another(session, body.id, existing):
        return await update_from_alert(session, existing, body, fingerprint, by)
    existing = await find_replay(session, Incident, body.id, fingerprint, by, scope="area")
    if existing is not None:
        return CommandResult(existing, replayed=True)
    incident = Incident(
        **body.model_dump(exclude={"occurred_on", "services"}),
        district=areas.district_of(body.area),
        services=body.services or [],
        client=by.client,
        opened_on=body.occurred_on,
        updates=[],
        **creation_columns(fingerprint, by),
    )
    outbox.add_event(session, incident.to_opened_event(), subject=incident.id)
    session.add(incident)
    return CommandResult(incident)


async def incident_of_alert(session: Session, body: IncidentCreate, by: Caller) -> Incident | None:
    """The incident an alert speaks of, by the monitoring system's own id; a later one than what is closed is new."""
    if body.external_id is None:
        return None
    await lock_name(session, "alert", by.client, body.area, body.external_id)
    existing = await latest_of_alert(session, client=by.client, area=body.area, external_id=body.external_id)
    if existing is not None and existing.closed_on is not None and body.occurred_on > existing.closed_on:
        return None
    return existing


async def is_of_another(session: Session, id: UUID, incident: Incident) -> bool:
    """An alert comes again under any id but that of another incident, which stands for what was sent then."""
    await lock_id(session, id)
    return id != incident.id and await session.get(Incident, id) is not None


async def update_from_alert(
    session: Session, incident: Incident, body: IncidentCreate, fingerprint: str, by: Caller
) -> CommandResult[Incident]:
    """Take over what the alert says otherwise than before; what is closed stays as it is."""
    news = incident.changes_in(body.reported_fields())
    if not news or incident.closed_on is not None:
        return CommandResult(incident, replayed=True)
    update = IncidentUpdate(
        id=new_id(),
        incident_id=incident.id,
        area=incident.area,
        occurred_on=max(body.occurred_on, incident.last_on),
        said=news,
        **creation_columns(fingerprint, by),
    )
    outbox.add_event(session, incident.update(update), subject=incident.id)
    session.add(incident)
    return CommandResult(incident)


async def update_incident(
    session: Session, *, incident_id: UUID, body: IncidentUpdateCreate, fingerprint: str, by: Caller
) -> CommandResult[Incident]:
    """Note what more is known. Raises NotFound, ExistsWithDifferent, and what `Incident.update` raises."""
    incident = await reach(session, Incident, incident_id, by, lock=True, scope="area")
    existing = await find_replay(session, IncidentUpdate, body.id, fingerprint, by, scope="area")
    if existing is not None and existing.incident_id != incident.id:
        raise ExistsWithDifferent(pointer="#/id")
    if existing is not None:
        return CommandResult(incident, replayed=True)
    update = IncidentUpdate(
        id=body.id,
        incident_id=incident.id,
        area=incident.area,
        occurred_on=body.occurred_on,
        said=body.reported_fields(),
        **creation_columns(fingerprint, by),
    )
    outbox.add_event(session, incident.update(update), subject=incident.id)
    session.add(incident)
    return CommandResult(incident)


async def close_incident(
    session: Session, *, incident_id: UUID, body: IncidentClosingCreate, fingerprint: str, by: Caller
) -> CommandResult[Incident]:
    """It is over. Raises NotFound, and what `Incident.close` raises."""
    incident = await reach(session, Incident, incident_id, by, lock=True, scope="area")
    event = incident.close(body.occurred_on, body.reported_fields(), request=fingerprint)
    if event is None:
        return CommandResult(incident, replayed=True)
    outbox.add_event(session, event, subject=incident.id)
    session.add(incident)
    return CommandResult(incident)
