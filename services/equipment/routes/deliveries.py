"""Routes of promised deliveries."""

from collections.abc import Mapping
from typing import Annotated, Any

from services.equipment.commands import deliveries as commands
from services.equipment.models import Delivery
from services.equipment.queries import deliveries as queries
from services.equipment.routes import Reader, Writer
from services.equipment.schemas.base import Around, YesOrNo
from services.equipment.schemas.deliveries import (
    CancellationCreate,
    DeliveryCreate,
    DeliveryList,
    DeliveryPublic,
    ReceiptCreate,
    SlipCreate,
)
from shared.auth import reach
from shared.http import Answer, Made, Page, Prints, ReadSession, Router, WriteSession, as_list, strict
from shared.types import Id

deliveries = Router(prefix="/v1/deliveries")


@deliveries.post("", status_code=201)
async def promise_delivery(
    body: Annotated[DeliveryCreate, strict(DeliveryCreate)],
    session: WriteSession,
    caller: Writer,
    prints: Prints,
    answer: Answer,
) -> DeliveryPublic:
    """Note what a supplier promised, and by when."""
    made = await commands.promise_delivery(session, body=body, fingerprint=prints(body), by=caller)
    return answer.made(made, DeliveryPublic, location=f"/v1/deliveries/{body.id}")


@deliveries.get("", response_model=DeliveryList)
async def list_deliveries(
    session: ReadSession, caller: Reader, page: Page, area: Around | None = None, overdue: YesOrNo = "false"
) -> Mapping[str, Any]:
    """Promised deliveries by their day; `overdue=true`: those that should have come and have not."""
    found = await queries.deliveries(session, by=caller, area=area, overdue=overdue == "true", page=page)
    return as_list(*found)


@deliveries.get("/{delivery_id}")
async def get_delivery(delivery_id: Id, session: ReadSession, caller: Reader, answer: Answer) -> DeliveryPublic:
    """One promised delivery with the history of its day."""
    return answer.stepped(Made(await reach(session, Delivery, delivery_id, caller, scope="area")), DeliveryPublic)


@deliveries.post("/{delivery_id}/slips", status_code=201)
async def slip_delivery(
    delivery_id: Id,
    body: Annotated[SlipCreate, strict(SlipCreate)],
    session: WriteSession,
    caller: Writer,
    prints: Prints,
    answer: Answer,
) -> DeliveryPublic:
    """Another day is promised."""
    made = await commands.let_slip(session, delivery_id=delivery_id, body=body, fingerprint=prints(body), by=caller)
    return answer.made(made, DeliveryPublic, location=f"/v1/deliveries/{delivery_id}")


@deliveries.post("/{delivery_id}/receipt", status_code=201)
async def receive_delivery(
    delivery_id: Id,
    body: Annotated[ReceiptCreate, strict(ReceiptCreate)],
    session: WriteSession,
    caller: Writer,
    prints: Prints,
    answer: Answer,
) -> DeliveryPublic:
    """What was promised arrived."""
    made = await commands.receive_delivery(
        session, delivery_id=delivery_id, body=body, fingerprint=prints(body), by=caller
    )
    return answer.made(made, DeliveryPublic, location=f"/v1/deliveries/{delivery_id}")


@deliveries.post("/{delivery_id}/cancellation", status_code=201)
async def cancel_delivery(
    delivery_id: Id,
    body: Annotated[CancellationCreate, strict(CancellationCreate)],
    session: WriteSession,
    caller: Writer,
    prints: Prints,
    answer: Answer,
) -> DeliveryPublic:
    """What was promised will not come."""
    made = await commands.cancel_delivery(
        session, delivery_id=delivery_id, body=body, fingerprint=prints(body), by=caller
    )
    return answer.made(made, DeliveryPublic, location=f"/v1/deliveries/{delivery_id}")
