"""Requisitions: asked, answered, delivered, closed."""

from uuid import UUID

from services.blanks.commands.ledger import book, check_happened
from services.blanks.models import Posting, Requisition, Shipment
from services.blanks.models.places import MINISTRY, end_of, store_of
from services.blanks.schemas import ClosingCreate, GrantCreate, RejectionCreate, RequisitionCreate, ShipmentCreate
from shared import areas, outbox
from shared.amounts import qualified
from shared.auth import Caller, reach
from shared.db import Session
from shared.errors import BadArea, BadRange, NotFound
from shared.http import Made
from shared.ids import new_id
from shared.retries import settled


async def submit_requisition(session: Session, *, body: RequisitionCreate, fingerprint: str, by: Caller) -> Made:
    """An office asks a supplier for blanks. Raises AreaForbidden, InFuture, AreaNotValidThen."""
    by.require_area(body.district, "#/district")
    if known := await settled(session, Requisition, body.id, fingerprint, by):
        return Made(known, replayed=True)
    check_happened(body.district, body.submitted_on, "#/submitted_on")
    told = body.model_dump(exclude={"note"})
    row = Requisition(**told, note=body.note or "", changed_on=body.submitted_on, fingerprint=fingerprint)
    session.add(row)
    await session.flush()
    outbox.add(session, row.submit(), subject=row.id)
    return Made(row)


async def grant_requisition(session: Session, *, id: UUID, body: GrantCreate, fingerprint: str, by: Caller) -> Made:
    """The supplier answers. Raises NotFound, IllegalTransition, GrantExceedsRequest, InFuture, BadRange."""
    row = await reach_as_supplier(session, id, by)
    if row.answer_fingerprint == fingerprint:
        return Made(row, replayed=True)
    check_step(row, body)
    event = row.grant(body.pieces, on=body.occurred_on)
    row.answer_fingerprint = fingerprint
    session.add(row)
    outbox.add(session, event, subject=row.id, home=row.district)
    return Made(row)


async def reject_requisition(
    session: Session, *, id: UUID, body: RejectionCreate, fingerprint: str, by: Caller
) -> Made:
    """The supplier refuses, with a reason. Raises NotFound, IllegalTransition, InFuture, BadRange."""
    row = await reach_as_supplier(session, id, by)
    if row.answer_fingerprint == fingerprint:
        return Made(row, replayed=True)
    check_step(row, body)
    event = row.reject(on=body.occurred_on, reason=body.reason)
    row.answer_fingerprint = fingerprint
    session.add(row)
    outbox.add(session, event, subject=row.id, home=row.district)
    return Made(row)


async def close_requisition(session: Session, *, id: UUID, body: ClosingCreate, fingerprint: str, by: Caller) -> Made:
    """Nothing more is expected. Raises NotFound, IllegalTransition, InFuture, BadRange."""
    row = await reach(session, Requisition, id, by, lock=True)
    if row.closing_fingerprint == fingerprint:
        return Made(row, replayed=True)
    check_step(row, body)
    event = row.close(on=body.occurred_on, reason=body.reason or "")
    row.closing_fingerprint = fingerprint
    session.add(row)
    outbox.add(session, event, subject=row.id)
    return Made(row)


async def receive_shipment(session: Session, *, id: UUID, body: ShipmentCreate, fingerprint: str, by: Caller) -> Made:
    """A delivery arrived: what is accepted is in the store, what is damaged is spoiled.

    Raises NotFound, IllegalTransition, MoreThanSent, BadArea, InFuture, BadRange.
    """
    row = await reach(session, Requisition, id, by, lock=True)
    if known := await settled(session, Shipment, body.id, fingerprint, by):
        return Made(known, replayed=True)
    if not areas.lies_in(body.store, row.district):
        raise BadArea(pointer="#/store")
    check_step(row, body)
    accepted = qualified(body.accepted, body.qualifier)
    told = body.model_dump(include={"id", "store", "occurred_on", "damaged", "short", "accepted"})
    shipment = Shipment(
        **told, requisition=row.id, district=row.district, accepted_low=int(accepted.low),
        accepted_high=int(accepted.high), document=body.document or "", fetched_by=body.fetched_by or "",
        fingerprint=fingerprint,
    )  # fmt: skip
    event = row.receive(shipment)
    session.add(shipment)
    await book_shipment(session, shipment)
    session.add(row)
    outbox.add(session, event, subject=row.id)
    return Made(shipment)


async def book_shipment(session: Session, shipment: Shipment) -> None:
    """Its postings publish nothing: the shipment's event tells it all."""
    came = shipment.amount + qualified(shipment.damaged, "exact")
    moves = [(MINISTRY, came.outflow()), (store_of(shipment.store), shipment.amount)]
    if shipment.damaged:
        moves.append((end_of("spoiled", shipment.district), qualified(shipment.damaged, "exact")))
    posting = Posting(
        id=new_id(), district=shipment.district, item="blank", reason="received", cause="shipment",
        occurred_on=shipment.occurred_on, document=shipment.document, fingerprint="",
    )  # fmt: skip
    await book(session, posting, moves)


async def reach_as_supplier(session: Session, id: UUID, by: Caller) -> Requisition:
    """Whoever answers stands on the supplier's side; to others it is not there."""
    row = await session.get(Requisition, id, with_for_update=True)
    if row is None or not by.covers(row.supplier):
        raise NotFound
    return row


def check_step(row: Requisition, body: GrantCreate | RejectionCreate | ClosingCreate | ShipmentCreate) -> None:
    check_happened(row.district, body.occurred_on)
    if body.occurred_on < row.submitted_on:
        raise BadRange(pointer="#/occurred_on")
