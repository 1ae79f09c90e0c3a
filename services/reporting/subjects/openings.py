"""Opening balances: what an office brings from the time before."""

from collections.abc import Iterator

from services.reporting.subjects.effects import AnchorSet, anchor_set
from services.reporting.subjects.meanings import explains
from shared.events.blanks import ledger
from shared.events.equipment import connectivity
from shared.events.recording import population


@explains(population.OpeningBalanceSet, ledger.OpeningBalanceSet, connectivity.OpeningBalanceSet)
def opening_balance_set(
    event: population.OpeningBalanceSet | ledger.OpeningBalanceSet | connectivity.OpeningBalanceSet,
) -> Iterator[AnchorSet]:
    yield anchor_set(event.metric, event)
