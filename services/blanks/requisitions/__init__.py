"""Requisitions: asked, granted, received in several shipments."""

from services.blanks.requisitions.models import Requisition, Shipment
from services.blanks.requisitions.routes import router
from shared.events.blanks import (
    RequisitionClosed,
    RequisitionGranted,
    RequisitionRejected,
    RequisitionSubmitted,
    ShipmentReceived,
)
from shared.service import Slice

REQUISITIONS = Slice(
    owns=[Requisition, Shipment],
    publishes=[RequisitionSubmitted, RequisitionGranted, RequisitionRejected, RequisitionClosed, ShipmentReceived],
    routes=[router],
)
