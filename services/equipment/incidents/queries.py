"""Incidents, also by the id a monitoring system gave them."""

from sqlmodel import col, select

from services.equipment.incidents.models import Incident
from services.equipment.scope import visible_to
from shared.db import PageRequest, RowPage, Session, fetch_page
from shared.security.caller import Caller


async def page_of_incidents(
    session: Session, *, by: Caller, area: str | None, is_open: bool | None, page: PageRequest
) -> RowPage[Incident]:
    """By the day they were opened. is_open: None for all."""
    query = select(Incident).where(visible_to(by, Incident.area, area))
    if is_open is not None:
        closed = col(Incident.closed_on)
        query = query.where(closed.is_(None) if is_open else closed.is_not(None))
    return await fetch_page(session, query, [col(Incident.opened_on), col(Incident.id)], page)


async def latest_of_alert(session: Session, *, client: str, area: str, external_id: str) -> Incident | None:
    """The open one of that alert, else the last that was."""
    query = select(Incident).where(
        Incident.client == client, Incident.area == area, Incident.external_id == external_id
    )
    newest_first = (col(Incident.closed_on).is_(None).desc(), col(Incident.closed_on).desc())
    return (await session.exec(query.order_by(*newest_first).limit(1).with_for_update())).first()
