"""Repairs of equipment, from the fault on."""

from collections.abc import Iterator

from services.reporting.subjects.effects import ItemChanged, item_changed
from services.reporting.subjects.meanings import explains
from shared.events.equipment import repairs


@explains(repairs.FaultReported)
def fault_reported(event: repairs.FaultReported) -> Iterator[ItemChanged]:
    """A repair begins with the fault that the office saw."""
    yield item_changed("repair", event, "reported", component=event.component, cause=event.cause, note=event.note)


@explains(repairs.RepairMoved)
def repair_moved(event: repairs.RepairMoved) -> Iterator[ItemChanged]:
    said = item_changed("repair", event, event.state, payer=event.payer, cost_idr=event.cost_idr, note=event.note)
    yield said._replace(due_on=event.due_on)
