"""Reporting a fault, and taking its ticket a step further."""

from uuid import UUID

from sqlmodel import col, select

from services.equipment.locks import lock_name
from services.equipment.repairs.models import AlreadyOpen, Repair, RepairStep
from services.equipment.repairs.schemas import RepairCreate, RepairStepCreate
from services.equipment.tables import creation_columns
from shared.base import areas
from shared.base.errors import ExistsWithDifferent
from shared.base.results import CommandResult
from shared.db import Session
from shared.messaging import outbox
from shared.security.caller import Caller
from shared.security.rows import find_replay, reach


async def report_fault(session: Session, *, body: RepairCreate, fingerprint: str, by: Caller) -> CommandResult[Repair]:
    """Open a ticket for a component that fails.

    Raises AreaForbidden, ExistsWithDifferent, AlreadyOpen, and what `Repair.report` raises.
    """
    by.require_area(body.area, "#/area")
    existing = await find_replay(session, Repair, body.id, fingerprint, by, scope="area")
    if existing is not None:
        return CommandResult(existing, replayed=True)
    await require_none_open(session, body)
    repair = Repair(
        **body.model_dump(exclude={"occurred_on"}),
        district=areas.district_of(body.area),
        reported_on=body.occurred_on,
        steps=[],
        **creation_columns(fingerprint, by),
    )
    outbox.add_event(session, repair.to_reported_event(), subject=repair.id)
    session.add(repair)
    return CommandResult(repair)


async def move_repair(
    session: Session, *, repair_id: UUID, body: RepairStepCreate, fingerprint: str, by: Caller
) -> CommandResult[Repair]:
    """Take a ticket into its next state. Raises NotFound, ExistsWithDifferent, and what `Repair.move` raises."""
    repair = await reach(session, Repair, repair_id, by, lock=True, scope="area")
    existing = await find_replay(session, RepairStep, body.id, fingerprint, by, scope="area")
    if existing is not None and existing.repair_id != repair.id:
        raise ExistsWithDifferent(pointer="#/id")
    if existing is not None:
        return CommandResult(repair, replayed=True)
    step = RepairStep(**body.model_dump(), repair_id=repair.id, area=repair.area, **creation_columns(fingerprint, by))
    outbox.add_event(session, repair.enter_state(step), subject=repair.id)
    session.add(repair)
    return CommandResult(repair)


async def require_none_open(session: Session, body: RepairCreate) -> None:
    """Twins wait here; the unique index is the last line."""
    await lock_name(session, "repair", body.area, body.kit, body.component)
    query = select(Repair.id).where(
        Repair.area == body.area,
        Repair.kit == body.kit,
        Repair.component == body.component,
        col(Repair.ended_on).is_(None),
    )
    if (await session.exec(query)).first() is not None:
        raise AlreadyOpen(pointer="#/component")
