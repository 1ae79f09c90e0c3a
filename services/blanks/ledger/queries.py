"""What can be asked of the stores."""

from sqlmodel import col, select

from services.blanks.ledger.models import Balance
from shared.db import PageRequest, RowPage, Session, fetch_page
from shared.security.caller import Caller


async def page_of_stocks(session: Session, *, by: Caller, page: PageRequest) -> RowPage[Balance]:
    """What the stores hold, as far as it is known."""
    query = select(Balance).where(by.area_filter(Balance.district), col(Balance.place).startswith("store:"))
    return await fetch_page(session, query, [col(Balance.place), col(Balance.item)], page)
