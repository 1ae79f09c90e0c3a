"""Documents, movements, targets, statements: what an office says of how many there are, and of what it aims at."""

from typing import Any
from uuid import UUID

from sqlmodel import col, select

from services.recording.models import Document, Movement, Statement, Target
from services.recording.models.documents import MISPRINT_FACTOR, Inconsistent, SumMismatch
from services.recording.models.statements import doubts
from services.recording.schemas.documents import (
    DocumentCreate,
    MovementCreate,
    StatementCreate,
    TargetCreate,
    TargetVersion,
    WithdrawalCreate,
)
from shared import areas, clock, outbox
from shared.auth import Caller, reach
from shared.db import Session
from shared.errors import AreaNotValidThen, BadArea, Finding, InFuture, NotFound, Warn
from shared.http import Made
from shared.retries import settled


async def set_document(session: Session, *, body: DocumentCreate, fingerprint: str, by: Caller) -> Made:
    """An office says how many there were at the end of a day.

    Raises AreaForbidden, InFuture, AreaNotValidThen, BadArea, SumMismatch, Inconsistent.
    """
    by.require_area(body.district, "#/district")
    if known := await settled(session, Document, body.id, fingerprint, by):
        return Made(known, replayed=True)
    if body.as_of >= clock.today(body.district):
        raise InFuture("A document speaks for a finished day.", pointer="#/as_of")
    if not areas.is_valid_on(body.district, body.as_of):
        raise AreaNotValidThen(pointer="#/as_of")
    check_lines(body)
    told = body.model_dump(include={"id", "district", "as_of", "source", "reason", "metric", "basis"})
    row = Document(**told, lines=lines_of(body), fingerprint=fingerprint, created_at=clock.now(), created_by=by.subject)
    warnings = await checked(session, row)
    session.add(row)
    await session.flush()
    outbox.add(session, row.publish(), subject=row.id)
    return Made(row, warnings=warnings)


def lines_of(body: DocumentCreate) -> list[dict[str, Any]]:  # Any: JSON
    amounts = [(line.area, line.amount.amount()) for line in body.lines]
    return [
        {"area": area, "value": int(amount.value), "low": int(amount.low), "high": int(amount.high)}
        for area, amount in amounts
    ]


def check_lines(body: DocumentCreate) -> None:
    """Each a part of the district, once; together the stated total. Raises BadArea, SumMismatch."""
    seen: set[str] = set()
    for number, line in enumerate(body.lines):
        whole = areas.level_of(line.area) == "district" if not areas.is_unassigned(line.area) else False
        if whole or not areas.lies_in(line.area, body.district) or line.area in seen:
            raise BadArea(pointer=f"#/lines/{number}/area")
        seen.add(line.area)
    stated = sum(line.amount.value for line in body.lines)
    if body.total is not None and body.total != stated:
        difference = (("difference", body.total - stated),)
        raise SumMismatch(findings=(Finding("sum_mismatch", "#/total", extra=difference),))


async def checked(session: Session, row: Document) -> tuple[Warn, ...]:
    """Against the other documents of that day or before: what cannot be is refused, what is odd is marked.

    Raises Inconsistent. Source: DOMAIN.md 16, invariant 3.
    """
    if not row.lines:
        return ()
    totals = {
        metric: await latest_total(session, row, metric) for metric in ("population", "required_population", "recorded")
    }
    totals[row.metric] = row.total
    population, required, recorded = totals["population"], totals["required_population"], totals["recorded"]
    if required is not None and population is not None and required > population and row.metric != "recorded":
        raise Inconsistent(pointer="#/lines")
    if required is None or recorded is None or row.metric == "population":
        return ()
    if required * MISPRINT_FACTOR <= recorded:
        return (Warn("suspect", "#/lines"),)
    return (Warn("recorded_over_required", "#/lines"),) if recorded > required else ()


async def latest_total(session: Session, row: Document, metric: str) -> int | None:
    """Of the document that stands for that day or the last before it."""
    query = select(Document).where(
        Document.district == row.district, Document.metric == metric, col(Document.as_of) <= row.as_of
    )
    found = (await session.exec(query.order_by(col(Document.as_of).desc(), col(Document.created_at).desc()))).first()
    return found.total if found is not None and found.lines else None


async def move_required_population(session: Session, *, body: MovementCreate, fingerprint: str, by: Caller) -> Made:
    """People became, or ceased to be, required to hold a card. Raises AreaForbidden, InFuture, WrongSign."""
    by.require_area(body.area, "#/area")
    if known := await settled(session, Movement, body.id, fingerprint, by, scope="area"):
        return Made(known, replayed=True)
    check_happened(body.area, body.occurred_on)
    row = Movement(
        **body.model_dump(), district=areas.district_of(body.area), fingerprint=fingerprint, created_at=clock.now(),
        created_by=by.subject,
    )  # fmt: skip
    event = row.publish()
    session.add(row)
    await session.flush()
    outbox.add(session, event, subject=row.id)
    return Made(row)


def check_happened(area: str, on: Any, pointer: str = "#/occurred_on") -> None:  # Any: a date
    """Raises InFuture, AreaNotValidThen."""
    if on > clock.today(area):
        raise InFuture(pointer=pointer)
    if not areas.is_valid_on(area, on):
        raise AreaNotValidThen(pointer=pointer)


async def set_target(session: Session, *, body: TargetCreate, fingerprint: str, by: Caller) -> Made:
    """An office aims at something. Raises AreaForbidden, InFuture, AreaNotValidThen."""
    by.require_area(body.area, "#/area")
    if known := await settled(session, Target, body.id, fingerprint, by, scope="area"):
        return Made(known, replayed=True)
    return await add_version(session, body, target=body.id, area=body.area, fingerprint=fingerprint, by=by)


async def change_target(session: Session, *, id: UUID, body: TargetVersion, fingerprint: str, by: Caller) -> Made:
    """It is aimed at something else from a day on; what was aimed at before is kept. Raises NotFound, InFuture."""
    first = await reach(session, Target, id, by, lock=True, scope="area")
    if known := await settled(session, Target, body.id, fingerprint, by, scope="area"):
        return Made(known, replayed=True)
    if first.id != first.target:
        raise NotFound
    return await add_version(session, body, target=first.target, area=first.area, fingerprint=fingerprint, by=by)


async def add_version(
    session: Session, body: TargetVersion, *, target: UUID, area: str, fingerprint: str, by: Caller
) -> Made:
    check_happened(area, body.set_on, "#/set_on")
    row = Target(
        **body.model_dump(include={"id", "set_on", "due_on", "percent", "recordings"}), target=target, area=area,
        district=areas.district_of(area), reason=body.reason or "", fingerprint=fingerprint, created_at=clock.now(),
        created_by=by.subject,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    outbox.add(session, row.publish(), subject=target)
    return Made(row)


async def withdraw_target(session: Session, *, id: UUID, body: WithdrawalCreate, by: Caller) -> Made:
    """A version was not decided so. Raises NotFound, AlreadyWithdrawn."""
    row = await reach(session, Target, id, by, lock=True, scope="area")
    if row.withdrawn_reason == body.reason:
        return Made(row, replayed=True)
    event = row.withdraw(body.reason)
    session.add(row)
    outbox.add(session, event, subject=row.target)
    return Made(row)


async def receive_statement(session: Session, *, body: StatementCreate, fingerprint: str, by: Caller) -> Made:
    """Somebody published a figure; it is stored as published and checked. Raises AreaForbidden, InFuture."""
    by.require_area(body.area, "#/area")
    if known := await settled(session, Statement, body.id, fingerprint, by, scope="area"):
        return Made(known, replayed=True)
    row = Statement(
        **body.model_dump(exclude={"note"}), note=body.note or "", district=areas.district_of(body.area),
        fingerprint=fingerprint, created_at=clock.now(), created_by=by.subject,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    outbox.add(session, row.publish(), subject=row.id)
    return Made(row, warnings=tuple(await statement_doubts(session, row)))


async def statement_doubts(session: Session, row: Statement) -> list[Warn]:
    """Among all that was stated of its area and day."""
    query = select(Statement).where(Statement.area == row.area, Statement.as_of == row.as_of)
    rows = (await session.exec(query.order_by(col(Statement.created_at)))).all()
    return doubts({each.figure: amount for each in rows if (amount := each.amount) is not None})
