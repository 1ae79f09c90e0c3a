"""What can be asked of recording."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select

from services.recording.models import Import, ImportFinding, Target
from shared.auth import Caller
from shared.db import Session
from shared.errors import NotFound
from shared.http import PageAsked, paged


async def targets(session: Session, *, by: Caller, page: PageAsked) -> tuple[list[Target], str | None]:
    """Every version of every target, by day due."""
    query = select(Target).where(by.within(Target.area))
    return await paged(session, query, [col(Target.due_on), col(Target.id)], page)


async def import_of(session: Session, id: UUID, *, by: Caller) -> Import:
    """An import of the caller's own. Raises NotFound."""
    row = (await session.exec(select(Import).where(Import.id == id, Import.created_by == by.subject))).first()
    if row is None:
        raise NotFound
    return row


async def findings_of(session: Session, id: UUID) -> Sequence[ImportFinding]:
    query = select(ImportFinding).where(ImportFinding.import_id == id)
    return (await session.exec(query.order_by(col(ImportFinding.line)).limit(1000))).all()
