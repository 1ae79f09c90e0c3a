"""Promising a delivery, letting it slip, receiving it, giving it up."""

from uuid import UUID

from services.equipment.commands.base import origin
from services.equipment.models import Delivery, Slip
from services.equipment.schemas.deliveries import CancellationCreate, DeliveryCreate, ReceiptCreate, SlipCreate
from shared import areas, outbox
from shared.auth import Caller, reach
from shared.db import Session
from shared.errors import ExistsWithDifferent
from shared.events import Event
from shared.http import Made
from shared.retries import settled


async def promise_delivery(session: Session, *, body: DeliveryCreate, fingerprint: str, by: Caller) -> Made:
    """Note what a supplier promised. Raises AreaForbidden, ExistsWithDifferent, and what `Delivery.promise` raises."""
    by.require_area(body.area, "#/area")
    known = await settled(session, Delivery, body.id, fingerprint, by, scope="area")
    if known is not None:
        return Made(known, replayed=True)
    delivery = Delivery(
        **body.model_dump(exclude={"occurred_on"}),
        district=areas.district_of(body.area),
        promised_on=body.occurred_on,
        first_due_on=body.due_on,
        slips=[],
        **origin(fingerprint, by),
    )
    outbox.add(session, delivery.promise(), subject=delivery.id)
    session.add(delivery)
    return Made(delivery)


async def let_slip(session: Session, *, delivery_id: UUID, body: SlipCreate, fingerprint: str, by: Caller) -> Made:
    """Note another promised day. Raises NotFound, ExistsWithDifferent, and what `Delivery.slip` raises."""
    delivery = await reach(session, Delivery, delivery_id, by, lock=True, scope="area")
    known = await settled(session, Slip, body.id, fingerprint, by, scope="area")
    if known is not None and known.delivery_id != delivery.id:
        raise ExistsWithDifferent(pointer="#/id")
    if known is not None:
        return Made(delivery, replayed=True)
    slip = Slip(
        **body.model_dump(),
        delivery_id=delivery.id,
        area=delivery.area,
        due_on_before=delivery.due_on,
        **origin(fingerprint, by),
    )
    say(session, delivery, delivery.slip(slip))
    return Made(delivery)


async def receive_delivery(
    session: Session, *, delivery_id: UUID, body: ReceiptCreate, fingerprint: str, by: Caller
) -> Made:
    """It came. Raises NotFound, and what `Delivery.receive` raises."""
    delivery = await reach(session, Delivery, delivery_id, by, lock=True, scope="area")
    event = delivery.receive(body.occurred_on, body.note, request=fingerprint)
    return Made(delivery, replayed=not say(session, delivery, event))


async def cancel_delivery(
    session: Session, *, delivery_id: UUID, body: CancellationCreate, fingerprint: str, by: Caller
) -> Made:
    """It will not come. Raises NotFound, and what `Delivery.cancel` raises."""
    delivery = await reach(session, Delivery, delivery_id, by, lock=True, scope="area")
    event = delivery.cancel(body.occurred_on, body.reason, request=fingerprint)
    return Made(delivery, replayed=not say(session, delivery, event))


def say(session: Session, delivery: Delivery, event: Event | None) -> bool:
    """-> whether there was anything to say."""
    if event is None:
        return False
    session.add(delivery)
    outbox.add(session, event, subject=delivery.id)
    return True
