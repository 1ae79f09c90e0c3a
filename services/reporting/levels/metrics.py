"""Effects: what an event can do to the books, and the metrics there are."""

from services.reporting.subjects.effects import UNPRINTED_METRICS

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


COUNTED_METRICS = frozenset(
    ("recorded_early", *UNPRINTED_METRICS)
)  # records that exist here: they are counted, no anchor starts them


PERIOD_METRICS = ("recorded", "printed_first", "cards_printed", "blanks_received")  # what a period is asked for
