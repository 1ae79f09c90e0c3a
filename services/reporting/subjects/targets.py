"""Targets: how many are to be recorded by a day."""

from collections.abc import Iterator

from services.reporting.subjects.effects import ItemChanged, item_changed
from services.reporting.subjects.meanings import explains
from shared.events.recording import targets


@explains(targets.TargetSet)
def target_set(event: targets.TargetSet) -> Iterator[ItemChanged]:
    said = item_changed("target", event, "set", percent=event.percent, recordings=event.recordings, reason=event.reason)
    yield said._replace(due_on=event.due_on)
