"""Reporting a fault, and taking its ticket a step further."""

from uuid import UUID

from sqlmodel import col, select

from services.equipment.commands.base import lock_name, origin
from services.equipment.models import AlreadyOpen, Repair, RepairStep
from services.equipment.schemas.repairs import RepairCreate, RepairStepCreate
from shared import areas, outbox
from shared.auth import Caller, reach
from shared.db import Session
from shared.errors import ExistsWithDifferent
from shared.http import Made
from shared.retries import settled


async def report_fault(session: Session, *, body: RepairCreate, fingerprint: str, by: Caller) -> Made:
    """Open a ticket for a component that fails.

    Raises AreaForbidden, ExistsWithDifferent, AlreadyOpen, and what `Repair.report` raises.
    """
    by.require_area(body.area, "#/area")
    known = await settled(session, Repair, body.id, fingerprint, by, scope="area")
    if known is not None:
        return Made(known, replayed=True)
    await require_none_open(session, body)
    repair = Repair(
        **body.model_dump(exclude={"occurred_on"}),
        district=areas.district_of(body.area),
        reported_on=body.occurred_on,
        steps=[],
        **origin(fingerprint, by),
    )
    outbox.add(session, repair.report(), subject=repair.id)
    session.add(repair)
    return Made(repair)


async def move_repair(
    session: Session, *, repair_id: UUID, body: RepairStepCreate, fingerprint: str, by: Caller
) -> Made:
    """Take a ticket into its next state. Raises NotFound, ExistsWithDifferent, and what `Repair.move` raises."""
    repair = await reach(session, Repair, repair_id, by, lock=True, scope="area")
    known = await settled(session, RepairStep, body.id, fingerprint, by, scope="area")
    if known is not None and known.repair_id != repair.id:
        raise ExistsWithDifferent(pointer="#/id")
    if known is not None:
        return Made(repair, replayed=True)
    step = RepairStep(**body.model_dump(), repair_id=repair.id, area=repair.area, **origin(fingerprint, by))
    outbox.add(session, repair.move(step), subject=repair.id)
    session.add(repair)
    return Made(repair)


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
