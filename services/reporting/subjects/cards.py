"""Cards: printed, and for whom."""

from collections.abc import Iterator

from services.reporting.subjects.effects import Delta
from services.reporting.subjects.meanings import explains
from shared.base.amounts import exact_amount
from shared.events.blanks import printing


@explains(printing.CardsPrinted)
def cards_printed(event: printing.CardsPrinted) -> Iterator[Delta]:
    """Lines on records here say nothing of first cards: `recording` does, when it moves the records."""
    used = event.misprinted + sum(line.cards for line in event.lines)
    yield Delta(event.store, "blank_stock", event.occurred_on, exact_amount(-used))
    for line in event.lines:
        yield Delta(line.area, "cards_printed", event.occurred_on, exact_amount(line.cards))
        if line.first and not line.recordings:
            yield Delta(line.area, "printed_first", event.occurred_on, exact_amount(line.cards))
