"""Connectivity of sub-districts."""

from collections.abc import Iterator

from services.reporting.levels.formulas import Subdistricts
from services.reporting.subjects.effects import ItemChanged, item_changed
from services.reporting.subjects.figure import Figure
from services.reporting.subjects.meanings import explains
from shared.events.equipment import connectivity

SOURCE = "docs/domain.md: Connections counted without names"

FIGURES = tuple(
    Figure(f"subdistricts_{state}", "places", Subdistricts(state), indonesian, english, SOURCE, districts_only=True)
    for state, indonesian, english in (
        ("online", "Kecamatan daring", "Sub-districts online"),
        ("offline", "Kecamatan luring", "Sub-districts offline"),
        ("degraded", "Kecamatan dengan jaringan terganggu", "Sub-districts with a degraded link"),
        ("unknown", "Kecamatan yang belum diketahui", "Sub-districts whose link is unknown"),
    )
)


@explains(connectivity.ConnectivityChanged)
def connectivity_changed(event: connectivity.ConnectivityChanged) -> Iterator[ItemChanged]:
    """A sub-district has one connection, known by the sub-district's own code."""
    yield item_changed("connection", event, event.state, checked_by=event.checked_by)._replace(id=event.area)
