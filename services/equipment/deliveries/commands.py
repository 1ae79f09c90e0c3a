"""Promising a delivery, letting it slip, receiving it, giving it up."""

from uuid import UUID

from services.equipment.deliveries.models import Delivery, Slip
from services.equipment.deliveries.schemas import CancellationCreate, DeliveryCreate, ReceiptCreate, SlipCreate
from services.equipment.tables import creation_columns
from shared.base import areas
from shared.base.errors import ExistsWithDifferent
from shared.base.results import CommandResult
from shared.db import Session
from shared.events.base import Event
from shared.messaging import outbox
from shared.security.caller import Caller
from shared.security.rows import find_replay, reach


async def promise_delivery(
    session: Session, *, body: DeliveryCreate, fingerprint: str, by: Caller
) -> CommandResult[Delivery]:
    """Note what a supplier promised. Raises AreaForbidden, ExistsWithDifferent, and what `Delivery.promise` raises."""
    by.require_area(body.area, "#/area")
    existing = await find_replay(session, Delivery, body.id, fingerprint, by, scope="area")
    if existing is not None:
        return CommandResult(existing, replayed=True)
    delivery = Delivery(
        **body.model_dump(exclude={"occurred_on"}),
        district=areas.district_of(body.area),
        promised_on=body.occurred_on,
        first_due_on=body.due_on,
        slips=[],
        **creation_columns(fingerprint, by),
    )
    outbox.add_event(session, delivery.to_promised_event(), subject=delivery.id)
    session.add(delivery)
    return CommandResult(delivery)


async def reschedule_delivery(
    session: Session, *, delivery_id: UUID, body: SlipCreate, fingerprint: str, by: Caller
) -> CommandResult[Delivery]:
    """Note another promised day. Raises NotFound, ExistsWithDifferent, and what `Delivery.reschedule` raises."""
    delivery = await reach(session, Delivery, delivery_id, by, lock=True, scope="area")
    existing = await find_replay(session, Slip, body.id, fingerprint, by, scope="area")
    if existing is not None and existing.delivery_id != delivery.id:
        raise ExistsWithDifferent(pointer="#/id")
    if existing is not None:
        return CommandResult(delivery, replayed=True)
    slip = Slip(
        **body.model_dump(),
        delivery_id=delivery.id,
        area=delivery.area,
        due_on_before=delivery.due_on,
        **creation_columns(fingerprint, by),
    )
    record_event(session, delivery, delivery.reschedule(slip))
    return CommandResult(delivery)


async def receive_delivery(
    session: Session, *, delivery_id: UUID, body: ReceiptCreate, fingerprint: str, by: Caller
) -> CommandResult[Delivery]:
    """It came. Raises NotFound, and what `Delivery.receive` raises."""
    delivery = await reach(session, Delivery, delivery_id, by, lock=True, scope="area")
    event = delivery.receive(body.occurred_on, body.note, request=fingerprint)
    return CommandResult(delivery, replayed=not record_event(session, delivery, event))


async def cancel_delivery(
    session: Session, *, delivery_id: UUID, body: CancellationCreate, fingerprint: str, by: Caller
) -> CommandResult[Delivery]:
    """It will not come. Raises NotFound, and what `Delivery.cancel` raises."""
    delivery = await reach(session, Delivery, delivery_id, by, lock=True, scope="area")
    event = delivery.cancel(body.occurred_on, body.reason, request=fingerprint)
    return CommandResult(delivery, replayed=not record_event(session, delivery, event))


def record_event(session: Session, delivery: Delivery, event: Event | None) -> bool:
    """-> whether there was anything to say."""
    if event is None:
        return False
    session.add(delivery)
    outbox.add_event(session, event, subject=delivery.id)
    return True
