"""Receiving a statement: stored as published, and checked against what else was stated of its area and day."""

from sqlmodel import col, select

from services.recording.statements.models import Statement, consistency_warnings
from services.recording.statements.schemas import StatementCreate
from shared.base import areas, clock
from shared.base.errors import ApiWarning
from shared.base.results import CommandResult
from shared.db import Session
from shared.messaging import outbox
from shared.security.caller import Caller
from shared.security.rows import find_replay


async def receive_statement(
    session: Session, *, body: StatementCreate, fingerprint: str, by: Caller
) -> CommandResult[Statement]:
    """Somebody published a figure; it is stored as published and checked. Raises AreaForbidden, InFuture."""
    by.require_area(body.area, "#/area")
    if existing := await find_replay(session, Statement, body.id, fingerprint, by, scope="area"):
        return CommandResult(existing, replayed=True)
    row = Statement(
        **body.model_dump(exclude={"note"}), note=body.note or "", district=areas.district_of(body.area),
        fingerprint=fingerprint, created_at=clock.now(), created_by=by.subject,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    outbox.add_event(session, row.to_event(), subject=row.id)
    return CommandResult(row, warnings=tuple(await statement_warnings(session, row)))


async def statement_warnings(session: Session, row: Statement) -> list[ApiWarning]:
    """Among all that was stated of its area and day."""
    query = select(Statement).where(Statement.area == row.area, Statement.as_of == row.as_of)
    rows = (await session.exec(query.order_by(col(Statement.created_at)))).all()
    return consistency_warnings({each.figure: amount for each in rows if (amount := each.amount) is not None})
