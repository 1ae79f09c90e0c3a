"""Deliveries that somebody promised."""

from collections.abc import Iterator

from services.reporting.subjects.effects import ItemChanged, item_changed
from services.reporting.subjects.meanings import explains
from shared.events import equipment


@explains(equipment.DeliveryPromised)
def delivery_promised(event: equipment.DeliveryPromised) -> Iterator[ItemChanged]:
    yield item_changed("delivery", event, "promised", what=event.what, by=event.by)._replace(due_on=event.due_on)


@explains(equipment.DeliveryRescheduled)
def delivery_rescheduled(event: equipment.DeliveryRescheduled) -> Iterator[ItemChanged]:
    said = item_changed("delivery", event, "rescheduled", slips=event.slips, reason=event.reason)
    yield said._replace(due_on=event.due_on)


@explains(equipment.DeliveryReceived)
def delivery_received(event: equipment.DeliveryReceived) -> Iterator[ItemChanged]:
    yield item_changed("delivery", event, "received", note=event.note)


@explains(equipment.DeliveryCancelled)
def delivery_cancelled(event: equipment.DeliveryCancelled) -> Iterator[ItemChanged]:
    yield item_changed("delivery", event, "cancelled", reason=event.reason)
