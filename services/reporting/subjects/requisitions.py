"""Requisitions of blanks, and the shipments that answer them."""

from collections.abc import Iterator

from services.reporting.subjects.effects import Delta, ItemChanged, Json, amount_of, item_changed, range_json
from services.reporting.subjects.meanings import explains
from shared.events.blanks import requisitions


@explains(requisitions.ShipmentReceived)
def shipment_received(event: requisitions.ShipmentReceived) -> Iterator[Delta | ItemChanged]:
    """The accepted pieces are in stock; the requisition has received all or part of what was granted."""
    accepted = amount_of(event.accepted)
    amount = accepted.reversal() if event.taken_back else accepted
    yield Delta(event.store, "blank_stock", event.occurred_on, amount)
    yield Delta(event.store, "blanks_received", event.occurred_on, amount)
    state = "received" if event.complete else "partly_received"
    yield item_changed("requisition", event, state, received=range_json(event.received_so_far))


@explains(requisitions.RequisitionSubmitted)
def requisition_submitted(event: requisitions.RequisitionSubmitted) -> Iterator[ItemChanged]:
    """Asked is said even where it is unknown: an old grant may be all we were told."""
    asked = None if event.asked is None else exact_range(event.asked)
    said = item_changed("requisition", event, "submitted", supplier=event.supplier)
    yield said._replace(data={**said.data, "asked": asked})


@explains(requisitions.RequisitionGranted)
def requisition_granted(event: requisitions.RequisitionGranted) -> Iterator[ItemChanged]:
    yield item_changed("requisition", event, "granted", granted=exact_range(event.granted))


@explains(requisitions.RequisitionRejected)
def requisition_rejected(event: requisitions.RequisitionRejected) -> Iterator[ItemChanged]:
    yield item_changed("requisition", event, "rejected", reason=event.reason)


@explains(requisitions.RequisitionClosed)
def requisition_closed(event: requisitions.RequisitionClosed) -> Iterator[ItemChanged]:
    yield item_changed("requisition", event, "closed", reason=event.reason)


def exact_range(count: int) -> dict[str, Json]:
    return {"value": count, "low": count, "high": count}
