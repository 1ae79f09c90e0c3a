"""What can be asked of targets."""

from sqlmodel import col, select

from services.recording.targets.models import Target
from shared.db import Session
from shared.http import PageRequest, fetch_page
from shared.security.auth import Caller


async def page_of_targets(session: Session, *, by: Caller, page: PageRequest) -> tuple[list[Target], str | None]:
    """Every version of every target, by day due."""
    query = select(Target).where(by.area_filter(Target.area))
    return await fetch_page(session, query, [col(Target.due_on), col(Target.id)], page)
