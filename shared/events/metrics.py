"""Metrics: the one catalogue of what is counted, by whom, in which unit, and whether an anchor can start it."""

from typing import Literal, NamedTuple

Start = Literal["anchor", "nothing", "none"]


class Metric(NamedTuple):
    """What events change and figures read.

    starts_from: `anchor` (unknown without one), `nothing` (records that exist here: they are counted from 0), or `none`
    (it has no level, only flows). in_periods: reports say what was counted of it in a period.
    """

    name: str
    publisher: str  # one source for each metric, so that `seq` orders its anchors
    unit: str
    starts_from: Start = "anchor"
    in_periods: bool = False


PART_OF_WORK = {  # where a recording is -> the metrics it counts in there
    "early": ("recorded_early",),
    "on_kit": ("recorded", "unprinted_on_kit"),
    "in_transit": ("recorded", "unprinted_in_transit"),
    "failed": ("recorded", "unprinted_failed"),
    "print_ready": ("recorded", "unprinted_print_ready"),
    "held": ("recorded", "unprinted_held"),
    "printed": ("recorded", "printed_first"),
    "gone": (),
}
UNPRINTED = tuple(name for names in PART_OF_WORK.values() for name in names if name.startswith("unprinted_"))

METRICS = {
    metric.name: metric
    for metric in (
        Metric("population", "recording", "people"),
        Metric("required_population", "recording", "people"),
        Metric("recorded", "recording", "people", in_periods=True),
        Metric("recorded_early", "recording", "people", "nothing"),
        Metric("printed_first", "recording", "cards", in_periods=True),
        *(Metric(name, "recording", "cards", "nothing") for name in UNPRINTED),
        Metric("cards_printed", "blanks", "cards", "none", in_periods=True),
        Metric("blanks_received", "blanks", "pieces", "none", in_periods=True),
        Metric("blank_stock", "blanks", "pieces"),
        Metric("subdistricts_online", "equipment", "places"),
        Metric("subdistricts_offline", "equipment", "places"),
        Metric("subdistricts_degraded", "equipment", "places"),
    )
}
ANCHORED_BY = {metric.name: metric.publisher for metric in METRICS.values() if metric.starts_from == "anchor"}
COUNTED_METRICS = frozenset(metric.name for metric in METRICS.values() if metric.starts_from == "nothing")
PERIOD_METRICS = tuple(metric.name for metric in METRICS.values() if metric.in_periods)


def anchored_by(publisher: str) -> tuple[str, ...]:
    """The metrics that a service's openings may start."""
    return tuple(name for name, source in ANCHORED_BY.items() if source == publisher)
