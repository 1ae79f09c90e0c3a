"""Deliveries that somebody promised."""

from collections.abc import Iterator

from services.reporting.subjects.effects import ItemChanged, item_changed
from services.reporting.subjects.meanings import explains
from shared.events.equipment import deliveries


@explains(deliveries.DeliveryPromised)
def delivery_promised(event: deliveries.DeliveryPromised) -> Iterator[ItemChanged]:
    yield item_changed("delivery", event, "promised", what=event.what, by=event.by)._replace(due_on=event.due_on)


@explains(deliveries.DeliveryRescheduled)
def delivery_rescheduled(event: deliveries.DeliveryRescheduled) -> Iterator[ItemChanged]:
    said = item_changed("delivery", event, "rescheduled", slips=event.slips, reason=event.reason)
    yield said._replace(due_on=event.due_on)


@explains(deliveries.DeliveryReceived)
def delivery_received(event: deliveries.DeliveryReceived) -> Iterator[ItemChanged]:
    yield item_changed("delivery", event, "received", note=event.note)


@explains(deliveries.DeliveryCancelled)
def delivery_cancelled(event: deliveries.DeliveryCancelled) -> Iterator[ItemChanged]:
    yield item_changed("delivery", event, "cancelled", reason=event.reason)
