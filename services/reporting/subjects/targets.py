"""Targets: how many are to be recorded by a day."""

from collections.abc import Iterator

from services.reporting.analysis.feasibility import OfNextTarget
from services.reporting.subjects.effects import ItemChanged, item_changed
from services.reporting.subjects.figure import Figure
from services.reporting.subjects.meanings import explains
from shared.events.recording import targets

FIGURES = (
    Figure(
        "target_required",
        "people",
        OfNextTarget("required"),
        "Target terdekat: yang harus merekam",
        "Next target: to be recorded in all",
        "docs/domain.md: Targets",
        stated_as=None,
    ),
    Figure(
        "target_remaining",
        "people",
        OfNextTarget("remaining"),
        "Target terdekat: sisa",
        "Next target: still to record",
        "docs/domain.md: Targets",
        stated_as=None,
    ),
    Figure(
        "target_pace_per_working_day",
        "people_per_working_day",
        OfNextTarget("pace"),
        "Target terdekat: perekaman yang diperlukan per hari kerja",
        "Next target: recordings needed per working day",
        "docs/domain.md: Targets",
        stated_as=None,
    ),
)


@explains(targets.TargetSet)
def target_set(event: targets.TargetSet) -> Iterator[ItemChanged]:
    said = item_changed("target", event, "set", percent=event.percent, recordings=event.recordings, reason=event.reason)
    yield said._replace(due_on=event.due_on)
