"""Repairs, the oldest first."""

from sqlmodel import col, select

from services.equipment.repairs.models import Repair
from services.equipment.scope import visible_to
from shared.db import PageRequest, RowPage, Session, fetch_page
from shared.security.caller import Caller


async def page_of_repairs(
    session: Session, *, by: Caller, area: str | None, is_open: bool, page: PageRequest
) -> RowPage[Repair]:
    """is_open: those not ended, else those ended."""
    ended = col(Repair.ended_on)
    query = select(Repair).where(visible_to(by, Repair.area, area), ended.is_(None) if is_open else ended.is_not(None))
    return await fetch_page(session, query, [col(Repair.reported_on), col(Repair.id)], page)
