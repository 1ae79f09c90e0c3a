"""What can be asked of requisitions and their shipments."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_
from sqlmodel import col, select

from services.blanks.requisitions.models import Requisition, Shipment
from shared.base.errors import NotFound
from shared.db import PageRequest, RowPage, Session, fetch_page
from shared.security.caller import Caller


async def page_of_requisitions(session: Session, *, by: Caller, page: PageRequest) -> RowPage[Requisition]:
    """Those the caller asked, and those the caller is asked."""
    query = select(Requisition).where(or_(by.area_filter(Requisition.district), by.area_filter(Requisition.supplier)))
    return await fetch_page(session, query, [col(Requisition.submitted_on), col(Requisition.id)], page)


async def shipments_of_requisition(session: Session, requisition: UUID) -> Sequence[Shipment]:
    query = select(Shipment).where(Shipment.requisition == requisition)
    return (await session.exec(query.order_by(col(Shipment.occurred_on), col(Shipment.id)))).all()


async def requisition_by_id(session: Session, id: UUID, *, by: Caller) -> Requisition:
    """One that the caller asked or is asked. Raises NotFound."""
    own_or_supplied = or_(by.area_filter(Requisition.district), by.area_filter(Requisition.supplier))
    row = (await session.exec(select(Requisition).where(Requisition.id == id, own_or_supplied))).first()
    if row is None:
        raise NotFound
    return row
