"""Effects: what an event can do to the books, and the metrics there are."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from shared.amounts import Amount

Json = Any  # Any: what a JSON document may hold


class Delta(NamedTuple):
    """On a day, something became more or less in an area."""

    area: str
    metric: str
    occurred_on: date
    amount: Amount


class AnchorSaid(NamedTuple):
    """How much there was at the end of a day. `district`: or a province's own store, `61.00`."""

    district: str
    metric: str
    basis: str
    as_of: date
    lines: tuple[tuple[str, Amount], ...]
    source: str
    reason: str


class ItemSaid(NamedTuple):
    """A thing entered a state on a day. `data`: what is said of it; what it leaves unsaid stays as it was."""

    kind: str
    id: str
    area: str
    state: str
    occurred_on: date
    due_on: date | None
    data: Mapping[str, Json]
    taken_back: bool


class StatementSaid(NamedTuple):
    """What somebody published, as published."""

    id: UUID
    area: str
    figure: str
    stated: tuple[str, str, str] | None  # value, low, high as decimals; none where no number is behind it
    qualifier: str
    as_of: date
    about: Mapping[str, str]  # label, as_published, stated_on, speaker, publisher, note


Effect = Delta | AnchorSaid | ItemSaid | StatementSaid

ANCHORED_BY = {  # one source for each metric, so that `seq` orders its anchors
    "population": "recording",
    "required_population": "recording",
    "recorded": "recording",
    "printed_first": "recording",
    "blank_stock": "blanks",
    "subdistricts_online": "equipment",
    "subdistricts_offline": "equipment",
    "subdistricts_degraded": "equipment",
}
COUNTS_IN: dict[str, tuple[str, ...]] = {  # the part of the work a recording is in -> the metrics it counts in there
    "early": ("recorded_early",),
    "on_kit": ("recorded", "unprinted_on_kit"),
    "in_transit": ("recorded", "unprinted_in_transit"),
    "failed": ("recorded", "unprinted_failed"),
    "print_ready": ("recorded", "unprinted_print_ready"),
    "held": ("recorded", "unprinted_held"),
    "printed": ("recorded", "printed_first"),
    "gone": (),
}
PARTS = tuple(metric for metrics in COUNTS_IN.values() for metric in metrics if metric.startswith("unprinted_"))
COUNTED = frozenset(("recorded_early", *PARTS))  # records that exist here: they are counted, no anchor starts them
PERIOD_METRICS = ("recorded", "printed_first", "cards_printed", "blanks_received")  # what a period is asked for
