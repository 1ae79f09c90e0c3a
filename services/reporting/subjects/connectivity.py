"""Connectivity of sub-districts."""

from collections.abc import Iterator

from services.reporting.subjects.effects import ItemChanged, item_changed
from services.reporting.subjects.meanings import explains
from shared.events.equipment import connectivity


@explains(connectivity.ConnectivityChanged)
def connectivity_changed(event: connectivity.ConnectivityChanged) -> Iterator[ItemChanged]:
    """A sub-district has one connection, known by the sub-district's own code."""
    yield item_changed("connection", event, event.state, checked_by=event.checked_by)._replace(id=event.area)
