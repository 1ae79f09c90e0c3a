"""Setting how many there were at the end of a day, and moving the required population."""

from sqlmodel import col, select

from services.recording.population.models import MISPRINT_FACTOR, Document, Inconsistent, Movement
from services.recording.population.schemas import DocumentCreate, MovementCreate
from shared.base import areas, clock
from shared.base.days import check_happened_on
from shared.base.documents import check_lines, stored_line
from shared.base.errors import ApiWarning, AreaNotValidThen, InFuture
from shared.base.results import CommandResult
from shared.db import Session
from shared.messaging import outbox
from shared.security.caller import Caller
from shared.security.rows import find_replay


async def set_document(
    session: Session, *, body: DocumentCreate, fingerprint: str, by: Caller
) -> CommandResult[Document]:
    """An office says how many there were at the end of a day.

    Raises AreaForbidden, InFuture, AreaNotValidThen, BadArea, SumMismatch, Inconsistent.
    """
    by.require_area(body.district, "#/district")
    if existing := await find_replay(session, Document, body.id, fingerprint, by):
        return CommandResult(existing, replayed=True)
    if body.as_of >= clock.today(body.district):
        raise InFuture("A document speaks for a finished day.", pointer="#/as_of")
    if not areas.is_valid_on(body.district, body.as_of):
        raise AreaNotValidThen(pointer="#/as_of")
    check_lines([(line.area, line.amount.value) for line in body.lines], district=body.district, total=body.total)
    fields = body.model_dump(include={"id", "district", "as_of", "source", "reason", "metric", "basis"})
    lines = [stored_line(line.area, line.amount.amount()) for line in body.lines]
    row = Document(**fields, lines=lines, fingerprint=fingerprint, created_at=clock.now(), created_by=by.subject)
    warnings = await check_against_other_documents(session, row)
    session.add(row)
    await session.flush()
    outbox.add_event(session, row.to_event(), subject=row.id)
    return CommandResult(row, warnings=warnings)


async def check_against_other_documents(session: Session, row: Document) -> tuple[ApiWarning, ...]:
    """Against the other documents of that day or before: what cannot be is refused, what is odd is marked.

    Raises Inconsistent. Source: docs/domain.md: What must hold, 3.
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
        return (ApiWarning("suspect", "#/lines"),)
    return (ApiWarning("recorded_over_required", "#/lines"),) if recorded > required else ()


async def latest_total(session: Session, row: Document, metric: str) -> int | None:
    """Of the document valid for that day or the last before it."""
    query = select(Document).where(
        Document.district == row.district, Document.metric == metric, col(Document.as_of) <= row.as_of
    )
    latest = (await session.exec(query.order_by(col(Document.as_of).desc(), col(Document.created_at).desc()))).first()
    return latest.total if latest is not None and latest.lines else None


async def move_required_population(
    session: Session, *, body: MovementCreate, fingerprint: str, by: Caller
) -> CommandResult[Movement]:
    """People became, or ceased to be, required to hold a card. Raises AreaForbidden, InFuture, WrongSign."""
    by.require_area(body.area, "#/area")
    if existing := await find_replay(session, Movement, body.id, fingerprint, by, scope="area"):
        return CommandResult(existing, replayed=True)
    check_happened_on(body.area, body.occurred_on)
    row = Movement(
        **body.model_dump(), district=areas.district_of(body.area), fingerprint=fingerprint, created_at=clock.now(),
        created_by=by.subject,
    )  # fmt: skip
    event = row.to_event()
    session.add(row)
    await session.flush()
    outbox.add_event(session, event, subject=row.id)
    return CommandResult(row)
