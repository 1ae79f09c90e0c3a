"""Opening balances: what an office brings from the time before."""

from collections.abc import Iterator

from services.reporting.subjects.effects import AnchorSet, anchor_set
from services.reporting.subjects.meanings import explains
from shared.events import blanks, equipment, recording


@explains(recording.OpeningBalanceSet, blanks.OpeningBalanceSet, equipment.OpeningBalanceSet)
def opening_balance_set(
    event: recording.OpeningBalanceSet | blanks.OpeningBalanceSet | equipment.OpeningBalanceSet,
) -> Iterator[AnchorSet]:
    yield anchor_set(event.metric, event)
