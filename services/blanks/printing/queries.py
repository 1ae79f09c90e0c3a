"""What can be asked of the print queue."""

from sqlmodel import col, select

from services.blanks.printing.models import PRINTABLE_PARTS, PrintQueueEntry
from shared.db import PageRequest, RowPage, Session, fetch_page
from shared.security.caller import Caller


async def page_of_print_queue(session: Session, *, by: Caller, page: PageRequest) -> RowPage[PrintQueueEntry]:
    """Who waits for a card: by class, then who has waited longest."""
    waiting = (col(PrintQueueEntry.part).in_(PRINTABLE_PARTS), col(PrintQueueEntry.run).is_(None))
    query = select(PrintQueueEntry).where(by.area_filter(PrintQueueEntry.district), *waiting)
    return await fetch_page(
        session,
        query,
        [col(PrintQueueEntry.priority), col(PrintQueueEntry.since), col(PrintQueueEntry.recording)],
        page,
    )
