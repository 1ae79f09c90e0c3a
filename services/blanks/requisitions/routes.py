"""Requisitions over HTTP."""

from typing import Annotated, Any

from services.blanks.access import Approval, Reader, Write
from services.blanks.requisitions import commands, queries
from services.blanks.requisitions.schemas import (
    ClosingCreate,
    GrantCreate,
    RejectionCreate,
    RequisitionCreate,
    RequisitionPublic,
    ShipmentCreate,
    ShipmentPublic,
)
from shared.base.fields import Id
from shared.http import Page, ReadSession, Router, strict

router = Router()


@router.post("/v1/requisitions", status_code=201, summary="An office asks a supplier for blanks")
async def submit_requisition(
    body: Annotated[RequisitionCreate, strict(RequisitionCreate)], write: Write
) -> RequisitionPublic:
    made = await commands.submit_requisition(write.session, body=body, fingerprint=write.fingerprint(body), by=write.by)
    return write.created(made, RequisitionPublic, location=f"/v1/requisitions/{body.id}")


@router.get("/v1/requisitions", summary="Requisitions asked or to be answered, by day")
async def list_requisitions(session: ReadSession, caller: Reader, page: Page) -> dict[str, Any]:
    found = await queries.page_of_requisitions(session, by=caller, page=page.wanted)
    return page.answer(found, RequisitionPublic.from_row)


@router.get("/v1/requisitions/{id}", summary="A requisition with its deliveries")
async def get_requisition(id: Id, session: ReadSession, caller: Reader) -> dict[str, Any]:
    row = await queries.requisition_by_id(session, id, by=caller)
    shipments = [ShipmentPublic.from_row(shipment) for shipment in await queries.shipments_of_requisition(session, id)]
    return {**RequisitionPublic.from_row(row).model_dump(), "shipments": shipments}


@router.post("/v1/requisitions/{id}/grant", status_code=201, summary="Grant all or part of what was asked")
async def grant_requisition(
    id: Id, body: Annotated[GrantCreate, strict(GrantCreate)], write: Approval
) -> RequisitionPublic:
    made = await commands.grant_requisition(
        write.session, id=id, body=body, fingerprint=write.fingerprint(body), by=write.by
    )
    return write.created(made, RequisitionPublic)


@router.post("/v1/requisitions/{id}/rejection", status_code=201, summary="Refuse it, with a reason")
async def reject_requisition(
    id: Id, body: Annotated[RejectionCreate, strict(RejectionCreate)], write: Approval
) -> RequisitionPublic:
    made = await commands.reject_requisition(
        write.session, id=id, body=body, fingerprint=write.fingerprint(body), by=write.by
    )
    return write.created(made, RequisitionPublic)


@router.post("/v1/requisitions/{id}/closing", status_code=201, summary="Nothing more is expected of it")
async def close_requisition(
    id: Id, body: Annotated[ClosingCreate, strict(ClosingCreate)], write: Write
) -> RequisitionPublic:
    made = await commands.close_requisition(
        write.session, id=id, body=body, fingerprint=write.fingerprint(body), by=write.by
    )
    return write.created(made, RequisitionPublic)


@router.post("/v1/requisitions/{id}/shipments", status_code=201, summary="A delivery arrived")
async def receive_shipment(
    id: Id, body: Annotated[ShipmentCreate, strict(ShipmentCreate)], write: Write
) -> ShipmentPublic:
    made = await commands.receive_shipment(
        write.session, id=id, body=body, fingerprint=write.fingerprint(body), by=write.by
    )
    return write.created(made, ShipmentPublic)
