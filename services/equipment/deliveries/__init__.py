"""Deliveries that somebody promised, with their slips."""

from services.equipment.deliveries.models import Delivery, Slip
from services.equipment.deliveries.routes import router
from shared.events.equipment import DeliveryCancelled, DeliveryPromised, DeliveryReceived, DeliveryRescheduled
from shared.service import Slice

DELIVERIES = Slice(
    owns=[Delivery, Slip],
    publishes=[DeliveryPromised, DeliveryRescheduled, DeliveryReceived, DeliveryCancelled],
    routes=[router],
)
