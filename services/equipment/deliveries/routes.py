"""Routes of promised deliveries."""

from typing import Annotated, Any

from services.equipment.access import Reader, Write
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
from shared.http import Answer, Page, ReadSession, Router, strict
from shared.security.rows import reach

router = Router(prefix="/v1/deliveries")


@router.post("", status_code=201)
async def promise_delivery(body: Annotated[DeliveryCreate, strict(DeliveryCreate)], write: Write) -> DeliveryPublic:
    """Note what a supplier promised, and by when."""
    made = await commands.promise_delivery(write.session, body=body, fingerprint=write.fingerprint(body), by=write.by)
    return write.created(made, DeliveryPublic, location=f"/v1/deliveries/{body.id}")


@router.get("", response_model=DeliveryList)
async def list_deliveries(
    session: ReadSession, caller: Reader, page: Page, area: AreaFilter | None = None, overdue: BooleanFilter = "false"
) -> dict[str, Any]:
    """Promised deliveries by their day; `overdue=true`: those that should have come and have not."""
    return page.answer(
        await queries.page_of_deliveries(session, by=caller, area=area, overdue=overdue == "true", page=page.wanted)
    )


@router.get("/{delivery_id}")
async def get_delivery(delivery_id: Id, session: ReadSession, caller: Reader, answer: Answer) -> DeliveryPublic:
    """One promised delivery with the history of its day."""
    return answer.found(await reach(session, Delivery, delivery_id, caller, scope="area"), DeliveryPublic)


@router.post("/{delivery_id}/slips", status_code=201)
async def slip_delivery(
    delivery_id: Id, body: Annotated[SlipCreate, strict(SlipCreate)], write: Write
) -> DeliveryPublic:
    """Another day is promised."""
    made = await commands.reschedule_delivery(
        write.session, delivery_id=delivery_id, body=body, fingerprint=write.fingerprint(body), by=write.by
    )
    return write.created(made, DeliveryPublic, location=f"/v1/deliveries/{delivery_id}")


@router.post("/{delivery_id}/receipt", status_code=201)
async def receive_delivery(
    delivery_id: Id, body: Annotated[ReceiptCreate, strict(ReceiptCreate)], write: Write
) -> DeliveryPublic:
    """What was promised arrived."""
    made = await commands.receive_delivery(
        write.session, delivery_id=delivery_id, body=body, fingerprint=write.fingerprint(body), by=write.by
    )
    return write.created(made, DeliveryPublic, location=f"/v1/deliveries/{delivery_id}")


@router.post("/{delivery_id}/cancellation", status_code=201)
async def cancel_delivery(
    delivery_id: Id, body: Annotated[CancellationCreate, strict(CancellationCreate)], write: Write
) -> DeliveryPublic:
    """What was promised will not come."""
    made = await commands.cancel_delivery(
        write.session, delivery_id=delivery_id, body=body, fingerprint=write.fingerprint(body), by=write.by
    )
    return write.created(made, DeliveryPublic, location=f"/v1/deliveries/{delivery_id}")
