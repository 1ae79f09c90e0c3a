"""What can be asked of targets."""

from sqlmodel import col, select

from services.recording.targets.models import Target
from shared.db import PageRequest, RowPage, Session, fetch_page
from shared.security.caller import Caller


async def page_of_targets(session: Session, *, by: Caller, page: PageRequest) -> RowPage[Target]:
    """Every version of every target, by day due."""
    query = select(Target).where(by.area_filter(Target.area))
    return await fetch_page(session, query, [col(Target.due_on), col(Target.id)], page)
