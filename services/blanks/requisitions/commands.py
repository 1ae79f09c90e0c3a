"""Requisitions: asked, answered, delivered, closed."""

from uuid import UUID

from services.blanks.ledger.commands import post_legs
from services.blanks.ledger.models import Posting
from services.blanks.ledger.places import MINISTRY, sink_account, store_account
from services.blanks.requisitions.models import Requisition, Shipment
from services.blanks.requisitions.schemas import (
    ClosingCreate,
    GrantCreate,
    RejectionCreate,
    RequisitionCreate,
    ShipmentCreate,
)
from shared.base import areas
from shared.base.amounts import qualified_amount
from shared.base.days import check_happened_on
from shared.base.errors import BadArea, BadRange, ExistsWithDifferent, NotFound
from shared.base.ids import new_id
from shared.base.results import CommandResult
from shared.db import Session
from shared.messaging import outbox
from shared.security.caller import Caller
from shared.security.rows import find_replay, reach


async def submit_requisition(
    session: Session, *, body: RequisitionCreate, fingerprint: str, by: Caller
) -> CommandResult[Requisition]:
    """An office asks a supplier for blanks. Raises AreaForbidden, InFuture, AreaNotValidThen."""
    by.require_area(body.district, "#/district")
    if existing := await find_replay(session, Requisition, body.id, fingerprint, by):
        return CommandResult(existing, replayed=True)
    check_happened_on(body.district, body.submitted_on, "#/submitted_on")
    fields = body.model_dump(exclude={"note"})
    row = Requisition(
        **fields, note=body.note or "", changed_on=body.submitted_on, fingerprint=fingerprint, created_by=by.subject
    )
    session.add(row)
    await session.flush()
    outbox.add_event(session, row.to_submitted_event(), subject=row.id)
    return CommandResult(row)


async def grant_requisition(
    session: Session, *, id: UUID, body: GrantCreate, fingerprint: str, by: Caller
) -> CommandResult[Requisition]:
    """The supplier answers. Raises NotFound, IllegalTransition, GrantExceedsRequest, InFuture, BadRange."""
    row = await reach_as_supplier(session, id, by)
    if row.answer_fingerprint == fingerprint:
        return CommandResult(row, replayed=True)
    check_step_day(row, body)
    event = row.grant(body.pieces, on=body.occurred_on)
    row.answer_fingerprint, row.answered_by = fingerprint, by.subject
    session.add(row)
    outbox.add_event(session, event, subject=row.id, home=row.district)
    return CommandResult(row)


async def reject_requisition(
    session: Session, *, id: UUID, body: RejectionCreate, fingerprint: str, by: Caller
) -> CommandResult[Requisition]:
    """The supplier refuses, with a reason. Raises NotFound, IllegalTransition, InFuture, BadRange."""
    row = await reach_as_supplier(session, id, by)
    if row.answer_fingerprint == fingerprint:
        return CommandResult(row, replayed=True)
    check_step_day(row, body)
    event = row.reject(on=body.occurred_on, reason=body.reason)
    row.answer_fingerprint, row.answered_by = fingerprint, by.subject
    session.add(row)
    outbox.add_event(session, event, subject=row.id, home=row.district)
    return CommandResult(row)


async def close_requisition(
    session: Session, *, id: UUID, body: ClosingCreate, fingerprint: str, by: Caller
) -> CommandResult[Requisition]:
    """Nothing more is expected. Raises NotFound, IllegalTransition, InFuture, BadRange."""
    row = await reach(session, Requisition, id, by, lock=True)
    if row.closing_fingerprint == fingerprint:
        return CommandResult(row, replayed=True)
    check_step_day(row, body)
    event = row.close(on=body.occurred_on, reason=body.reason or "")
    row.closing_fingerprint, row.closed_by = fingerprint, by.subject
    session.add(row)
    outbox.add_event(session, event, subject=row.id)
    return CommandResult(row)


async def receive_shipment(
    session: Session, *, id: UUID, body: ShipmentCreate, fingerprint: str, by: Caller
) -> CommandResult[Shipment]:
    """A delivery arrived: what is accepted is in the store, what is damaged is spoiled.

    Raises NotFound, ExistsWithDifferent, IllegalTransition, MoreThanSent, BadArea, InFuture, BadRange.
    """
    row = await reach(session, Requisition, id, by, lock=True)
    if existing := await find_replay(session, Shipment, body.id, fingerprint, by):
        if existing.requisition != row.id:
            raise ExistsWithDifferent(pointer="#/id")
        return CommandResult(existing, replayed=True)
    if not areas.lies_in(body.store, row.district):
        raise BadArea(pointer="#/store")
    check_step_day(row, body)
    accepted = qualified_amount(body.accepted, body.qualifier)
    fields = body.model_dump(include={"id", "store", "occurred_on", "damaged", "short", "accepted"})
    shipment = Shipment(
        **fields, requisition=row.id, district=row.district, accepted_low=int(accepted.low),
        accepted_high=int(accepted.high), document=body.document or "", fetched_by=body.fetched_by or "",
        fingerprint=fingerprint, created_by=by.subject,
    )  # fmt: skip
    event = row.receive(shipment)
    session.add(shipment)
    await post_shipment(session, shipment)
    session.add(row)
    outbox.add_event(session, event, subject=row.id)
    return CommandResult(shipment)


async def post_shipment(session: Session, shipment: Shipment) -> None:
    """Its postings publish nothing: the shipment's event covers it."""
    arrived = shipment.amount + qualified_amount(shipment.damaged, "exact")
    moves = [(MINISTRY, arrived.outflow()), (store_account(shipment.store), shipment.amount)]
    if shipment.damaged:
        moves.append((sink_account("spoiled", shipment.district), qualified_amount(shipment.damaged, "exact")))
    posting = Posting(
        id=new_id(), district=shipment.district, item="blank", reason="received", cause="shipment",
        occurred_on=shipment.occurred_on, document=shipment.document, fingerprint="",
        created_by=shipment.created_by,
    )  # fmt: skip
    await post_legs(session, posting, moves)


async def reach_as_supplier(session: Session, id: UUID, by: Caller) -> Requisition:
    """Only the supplier answers; for others it is not found."""
    row = await session.get(Requisition, id, with_for_update=True)
    if row is None or not by.covers(row.supplier):
        raise NotFound
    return row


def check_step_day(row: Requisition, body: GrantCreate | RejectionCreate | ClosingCreate | ShipmentCreate) -> None:
    check_happened_on(row.district, body.occurred_on)
    if body.occurred_on < row.submitted_on:
        raise BadRange(pointer="#/occurred_on")
