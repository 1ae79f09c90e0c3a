"""What can be asked of blanks."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_
from sqlmodel import col, select

from services.blanks.models import Balance, Queued, Requisition, Shipment
from services.blanks.models.printing import PRINTABLE
from shared.auth import Caller
from shared.db import Session
from shared.errors import NotFound
from shared.http import PageAsked, paged


async def stocks(session: Session, *, by: Caller, page: PageAsked) -> tuple[list[Balance], str | None]:
    """What the stores hold, as far as it is known."""
    query = select(Balance).where(by.within(Balance.district), col(Balance.place).startswith("store:"))
    return await paged(session, query, [col(Balance.place), col(Balance.item)], page)


async def requisitions(session: Session, *, by: Caller, page: PageAsked) -> tuple[list[Requisition], str | None]:
    """Those the caller asked, and those the caller is asked."""
    query = select(Requisition).where(or_(by.within(Requisition.district), by.within(Requisition.supplier)))
    return await paged(session, query, [col(Requisition.submitted_on), col(Requisition.id)], page)


async def shipments_of(session: Session, requisition: UUID) -> Sequence[Shipment]:
    query = select(Shipment).where(Shipment.requisition == requisition)
    return (await session.exec(query.order_by(col(Shipment.occurred_on), col(Shipment.id)))).all()


async def print_queue(session: Session, *, by: Caller, page: PageAsked) -> tuple[list[Queued], str | None]:
    """Who waits for a card: by class, then who has waited longest."""
    waiting = (col(Queued.part).in_(PRINTABLE), col(Queued.run).is_(None))
    query = select(Queued).where(by.within(Queued.district), *waiting)
    return await paged(session, query, [col(Queued.priority), col(Queued.since), col(Queued.recording)], page)


async def requisition(session: Session, id: UUID, *, by: Caller) -> Requisition:
    """One that the caller asked or is asked. Raises NotFound."""
    mine = or_(by.within(Requisition.district), by.within(Requisition.supplier))
    row = (await session.exec(select(Requisition).where(Requisition.id == id, mine))).first()
    if row is None:
        raise NotFound
    return row
