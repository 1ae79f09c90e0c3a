"""Repairs, the oldest first."""

from sqlmodel import col, select

from services.equipment.models import Repair
from services.equipment.queries.scope import seen
from shared.auth import Caller
from shared.db import Session
from shared.http import PageAsked, paged


async def repairs(
    session: Session, *, by: Caller, area: str | None, is_open: bool, page: PageAsked
) -> tuple[list[Repair], str | None]:
    """is_open: those not ended, else those ended."""
    ended = col(Repair.ended_on)
    query = select(Repair).where(seen(by, Repair.area, area), ended.is_(None) if is_open else ended.is_not(None))
    return await paged(session, query, [col(Repair.reported_on), col(Repair.id)], page)
