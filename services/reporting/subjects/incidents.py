"""Incidents that stop services."""

from collections.abc import Iterator

from services.reporting.subjects.effects import ItemChanged, Json, item_changed, range_json
from services.reporting.subjects.meanings import explains
from shared.events.equipment import incidents


@explains(incidents.IncidentOpened)
def incident_opened(event: incidents.IncidentOpened) -> Iterator[ItemChanged]:
    said = {"layer": event.layer, "cause": event.cause, "services": list(event.services), "note": event.note}
    yield item_changed("incident", event, "opened", **said)


@explains(incidents.IncidentUpdated)
def incident_updated(event: incidents.IncidentUpdated) -> Iterator[ItemChanged]:
    services = None if event.services is None else list(event.services)
    said = {"layer": event.layer, "cause": event.cause, "services": services, "note": event.note}
    yield item_changed("incident", event, "updated", **said, **attributed_losses(event))


@explains(incidents.IncidentClosed)
def incident_closed(event: incidents.IncidentClosed) -> Iterator[ItemChanged]:
    yield item_changed("incident", event, "closed", note=event.note, **attributed_losses(event))


def attributed_losses(event: incidents.IncidentUpdated | incidents.IncidentClosed) -> dict[str, Json]:
    """What the incident is said to have cost."""
    named = {"unprinted_put_down": event.unprinted_put_down, "recordings_put_down": event.recordings_put_down}
    return {word: range_json(found) for word, found in named.items() if found is not None}
