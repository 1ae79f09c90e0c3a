"""Requisitions over HTTP."""

from typing import Annotated, Any

from services.blanks import queries
from services.blanks.commands import requisitions as commands
from services.blanks.routes import Approver, Reader, Writer
from services.blanks.schemas import (
    ClosingCreate,
    GrantCreate,
    RejectionCreate,
    RequisitionCreate,
    RequisitionPublic,
    ShipmentCreate,
    ShipmentPublic,
)
from shared.http import Answer, Page, Prints, ReadSession, Router, WriteSession, as_list, strict
from shared.types import Id

router = Router()


@router.post("/v1/requisitions", status_code=201, summary="An office asks a supplier for blanks")
async def submit_requisition(
    body: Annotated[RequisitionCreate, strict(RequisitionCreate)],
    session: WriteSession,
    caller: Writer,
    answer: Answer,
    prints: Prints,
) -> RequisitionPublic:
    made = await commands.submit_requisition(session, body=body, fingerprint=prints(body), by=caller)
    return answer.made(made, RequisitionPublic, location=f"/v1/requisitions/{body.id}")


@router.get("/v1/requisitions", summary="Requisitions asked or to be answered, by day")
async def list_requisitions(session: ReadSession, caller: Reader, page: Page) -> dict[str, Any]:
    rows, cursor = await queries.requisitions(session, by=caller, page=page)
    return {**as_list([RequisitionPublic.of(row) for row in rows], cursor)}


@router.get("/v1/requisitions/{id}", summary="A requisition with its deliveries")
async def get_requisition(id: Id, session: ReadSession, caller: Reader) -> dict[str, Any]:
    row = await queries.requisition(session, id, by=caller)
    shipments = [ShipmentPublic.of(shipment) for shipment in await queries.shipments_of(session, id)]
    return {**RequisitionPublic.of(row).model_dump(), "shipments": shipments}


@router.post("/v1/requisitions/{id}/grant", status_code=201, summary="Grant all or part of what was asked")
async def grant_requisition(
    id: Id,
    body: Annotated[GrantCreate, strict(GrantCreate)],
    session: WriteSession,
    caller: Approver,
    answer: Answer,
    prints: Prints,
) -> RequisitionPublic:
    made = await commands.grant_requisition(session, id=id, body=body, fingerprint=prints(body), by=caller)
    return answer.made(made, RequisitionPublic)


@router.post("/v1/requisitions/{id}/rejection", status_code=201, summary="Refuse it, with a reason")
async def reject_requisition(
    id: Id,
    body: Annotated[RejectionCreate, strict(RejectionCreate)],
    session: WriteSession,
    caller: Approver,
    answer: Answer,
    prints: Prints,
) -> RequisitionPublic:
    made = await commands.reject_requisition(session, id=id, body=body, fingerprint=prints(body), by=caller)
    return answer.made(made, RequisitionPublic)


@router.post("/v1/requisitions/{id}/closing", status_code=201, summary="Nothing more is expected of it")
async def close_requisition(
    id: Id,
    body: Annotated[ClosingCreate, strict(ClosingCreate)],
    session: WriteSession,
    caller: Writer,
    answer: Answer,
    prints: Prints,
) -> RequisitionPublic:
    made = await commands.close_requisition(session, id=id, body=body, fingerprint=prints(body), by=caller)
    return answer.made(made, RequisitionPublic)


@router.post("/v1/requisitions/{id}/shipments", status_code=201, summary="A delivery arrived")
async def receive_shipment(
    id: Id,
    body: Annotated[ShipmentCreate, strict(ShipmentCreate)],
    session: WriteSession,
    caller: Writer,
    answer: Answer,
    prints: Prints,
) -> ShipmentPublic:
    made = await commands.receive_shipment(session, id=id, body=body, fingerprint=prints(body), by=caller)
    return answer.made(made, ShipmentPublic)
