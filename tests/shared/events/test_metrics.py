"""The catalogue of metrics, and what is typed by its words."""

from typing import get_args, get_type_hints

import pytest

from shared.events import PUBLISHER_OF, blanks, equipment, recording
from shared.events.metrics import ANCHORED_BY, COUNTED_METRICS, METRICS, PART_OF_WORK, PERIOD_METRICS, anchored_by
from shared.events.recording.recordings import Part

OPENINGS = (recording.OpeningBalanceSet, blanks.OpeningBalanceSet, equipment.OpeningBalanceSet)


@pytest.mark.parametrize("event", OPENINGS, ids=lambda event: PUBLISHER_OF[event])
def test_an_opening_names_metrics_that_its_publisher_anchors(event: type) -> None:
    named = set(get_args(get_type_hints(event)["metric"]))
    of_their_own = {"population", "required_population"}  # these two have events of their own
    assert named == set(anchored_by(PUBLISHER_OF[event])) - of_their_own


def test_a_part_of_the_work_is_one_that_events_name() -> None:
    assert tuple(PART_OF_WORK) == get_args(Part)


def test_every_metric_is_anchored_counted_from_nothing_or_only_a_flow() -> None:
    only_flows = {name for name, metric in METRICS.items() if metric.starts_from == "none"}
    assert set(ANCHORED_BY) | COUNTED_METRICS | only_flows == set(METRICS)
    assert only_flows <= set(PERIOD_METRICS)
