"""What can be asked of imports."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select

from services.recording.statements.models import Import, ImportFinding
from shared.base.errors import NotFound
from shared.db import Session
from shared.security.caller import Caller


async def import_by_id(session: Session, id: UUID, *, by: Caller) -> Import:
    """An import of the caller's own. Raises NotFound."""
    row = (await session.exec(select(Import).where(Import.id == id, Import.created_by == by.subject))).first()
    if row is None:
        raise NotFound
    return row


async def findings_of_import(session: Session, id: UUID) -> Sequence[ImportFinding]:
    query = select(ImportFinding).where(ImportFinding.import_id == id)
    return (await session.exec(query.order_by(col(ImportFinding.line)).limit(1000))).all()
