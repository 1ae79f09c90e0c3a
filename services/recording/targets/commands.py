"""Setting a target, changing it from a day on, withdrawing a version."""

from uuid import UUID

from services.recording.targets.models import Target
from services.recording.targets.schemas import TargetCreate, TargetVersionCreate, WithdrawalCreate
from shared.base import areas, clock
from shared.base.days import check_happened_on
from shared.base.errors import ExistsWithDifferent, NotFound
from shared.base.results import CommandResult
from shared.db import Session
from shared.messaging import outbox
from shared.security.caller import Caller
from shared.security.rows import find_replay, reach


async def set_target(session: Session, *, body: TargetCreate, fingerprint: str, by: Caller) -> CommandResult[Target]:
    """An office aims at something. Raises AreaForbidden, InFuture, AreaNotValidThen."""
    by.require_area(body.area, "#/area")
    if existing := await find_replay(session, Target, body.id, fingerprint, by, scope="area"):
        return CommandResult(existing, replayed=True)
    return await add_target_version(session, body, target=body.id, area=body.area, fingerprint=fingerprint, by=by)


async def change_target(
    session: Session, *, id: UUID, body: TargetVersionCreate, fingerprint: str, by: Caller
) -> CommandResult[Target]:
    """It is aimed at something else from a day on; what was aimed at before is kept.

    Raises NotFound, ExistsWithDifferent, InFuture.
    """
    first = await reach(session, Target, id, by, lock=True, scope="area")
    if first.id != first.target:
        raise NotFound
    existing = await find_replay(session, Target, body.id, fingerprint, by, scope="area")
    if existing is not None and existing.target != first.target:
        raise ExistsWithDifferent(pointer="#/id")
    if existing is not None:
        return CommandResult(existing, replayed=True)
    return await add_target_version(session, body, target=first.target, area=first.area, fingerprint=fingerprint, by=by)


async def add_target_version(
    session: Session, body: TargetVersionCreate, *, target: UUID, area: str, fingerprint: str, by: Caller
) -> CommandResult[Target]:
    check_happened_on(area, body.set_on, "#/set_on")
    row = Target(
        **body.model_dump(include={"id", "set_on", "due_on", "percent", "recordings"}), target=target, area=area,
        district=areas.district_of(area), reason=body.reason or "", fingerprint=fingerprint, created_at=clock.now(),
        created_by=by.subject,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    outbox.add_event(session, row.to_event(), subject=target)
    return CommandResult(row)


async def withdraw_target(session: Session, *, id: UUID, body: WithdrawalCreate, by: Caller) -> CommandResult[Target]:
    """A version was not decided so. Raises NotFound, AlreadyWithdrawn."""
    row = await reach(session, Target, id, by, lock=True, scope="area")
    if row.withdrawn_reason == body.reason:
        return CommandResult(row, replayed=True)
    event = row.withdraw(body.reason)
    session.add(row)
    outbox.add_event(session, event, subject=row.target)
    return CommandResult(row)
