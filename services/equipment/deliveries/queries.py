"""Promised deliveries, also those that are overdue."""

from collections import defaultdict

from sqlalchemy import ColumnElement, and_, func, or_
from sqlmodel import col, select

from services.equipment.deliveries.models import Delivery
from services.equipment.scope import visible_to
from shared.base import areas, clock
from shared.db import PageRequest, RowPage, Session, fetch_page
from shared.security.caller import Caller


async def page_of_deliveries(
    session: Session, *, by: Caller, area: str | None, overdue: bool, page: PageRequest
) -> RowPage[Delivery]:
    """By the day promised now."""
    query = select(Delivery).where(visible_to(by, Delivery.area, area))
    if overdue:
        query = query.where(is_overdue())
    return await fetch_page(session, query, [col(Delivery.due_on), col(Delivery.id)], page)


def is_overdue() -> ColumnElement[bool]:
    """Not come by the end of its day; the offices of three zones may have two todays."""
    provinces = defaultdict(list)
    for province in areas.area_register().districts:
        provinces[clock.today(province)].append(province)
    behind = (
        and_(col(Delivery.due_on) < today, func.substr(Delivery.district, 1, 2).in_(there))
        for today, there in provinces.items()
    )
    return and_(col(Delivery.ended_on).is_(None), or_(*behind))
