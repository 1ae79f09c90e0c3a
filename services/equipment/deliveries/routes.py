"""Routes of promised deliveries."""

from collections.abc import Mapping
from typing import Annotated, Any

from services.equipment.access import Reader, Writer
from services.equipment.deliveries import commands, queries
from services.equipment.deliveries.models import Delivery
from services.equipment.deliveries.schemas import (
    CancellationCreate,
    DeliveryCreate,
    DeliveryList,
    DeliveryPublic,
    ReceiptCreate,
    SlipCreate,
)
from services.equipment.fields import AreaFilter, BooleanFilter
from shared.base.fields import Id
from shared.http import Answer, Fingerprint, Page, ReadSession, Router, WriteSession, list_answer, strict
from shared.security.auth import reach

router = Router(prefix="/v1/deliveries")


@router.post("", status_code=201)
async def promise_delivery(
    body: Annotated[DeliveryCreate, strict(DeliveryCreate)],
    session: WriteSession,
    caller: Writer,
    fingerprint_of: Fingerprint,
    answer: Answer,
) -> DeliveryPublic:
    """Note what a supplier promised, and by when."""
    made = await commands.promise_delivery(session, body=body, fingerprint=fingerprint_of(body), by=caller)
    return answer.created(made, DeliveryPublic, location=f"/v1/deliveries/{body.id}")


@router.get("", response_model=DeliveryList)
async def list_deliveries(
    session: ReadSession, caller: Reader, page: Page, area: AreaFilter | None = None, overdue: BooleanFilter = "false"
) -> Mapping[str, Any]:
    """Promised deliveries by their day; `overdue=true`: those that should have come and have not."""
    rows = await queries.page_of_deliveries(session, by=caller, area=area, overdue=overdue == "true", page=page)
    return list_answer(*rows)


@router.get("/{delivery_id}")
async def get_delivery(delivery_id: Id, session: ReadSession, caller: Reader, answer: Answer) -> DeliveryPublic:
    """One promised delivery with the history of its day."""
    return answer.found(await reach(session, Delivery, delivery_id, caller, scope="area"), DeliveryPublic)


@router.post("/{delivery_id}/slips", status_code=201)
async def slip_delivery(
    delivery_id: Id,
    body: Annotated[SlipCreate, strict(SlipCreate)],
    session: WriteSession,
    caller: Writer,
    fingerprint_of: Fingerprint,
    answer: Answer,
) -> DeliveryPublic:
    """Another day is promised."""
    made = await commands.reschedule_delivery(
        session, delivery_id=delivery_id, body=body, fingerprint=fingerprint_of(body), by=caller
    )
    return answer.created(made, DeliveryPublic, location=f"/v1/deliveries/{delivery_id}")


@router.post("/{delivery_id}/receipt", status_code=201)
async def receive_delivery(
    delivery_id: Id,
    body: Annotated[ReceiptCreate, strict(ReceiptCreate)],
    session: WriteSession,
    caller: Writer,
    fingerprint_of: Fingerprint,
    answer: Answer,
) -> DeliveryPublic:
    """What was promised arrived."""
    made = await commands.receive_delivery(
        session, delivery_id=delivery_id, body=body, fingerprint=fingerprint_of(body), by=caller
    )
    return answer.created(made, DeliveryPublic, location=f"/v1/deliveries/{delivery_id}")


@router.post("/{delivery_id}/cancellation", status_code=201)
async def cancel_delivery(
    delivery_id: Id,
    body: Annotated[CancellationCreate, strict(CancellationCreate)],
    session: WriteSession,
    caller: Writer,
    fingerprint_of: Fingerprint,
    answer: Answer,
) -> DeliveryPublic:
    """What was promised will not come."""
    made = await commands.cancel_delivery(
        session, delivery_id=delivery_id, body=body, fingerprint=fingerprint_of(body), by=caller
    )
    return answer.created(made, DeliveryPublic, location=f"/v1/deliveries/{delivery_id}")
