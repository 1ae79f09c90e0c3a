"""Cards: printed, and for whom."""

from collections.abc import Iterator

from services.reporting.levels.formulas import LevelOf, percent
from services.reporting.subjects.effects import Delta
from services.reporting.subjects.figure import Figure
from services.reporting.subjects.meanings import explains
from services.reporting.subjects.population import required
from services.reporting.subjects.recordings import recorded
from shared.base.amounts import exact_amount
from shared.events.blanks import printing

printed = LevelOf("printed_first")
on_kit, in_transit, failed = LevelOf("unprinted_on_kit"), LevelOf("unprinted_in_transit"), LevelOf("unprinted_failed")
print_ready, held = LevelOf("unprinted_print_ready"), LevelOf("unprinted_held")
unprinted = recorded - printed
not_broken_down = unprinted - on_kit - in_transit - failed - print_ready - held

FIGURES = (
    Figure(
        "printed_first",
        "cards",
        printed,
        "KTP-el pertama yang sudah dicetak",
        "First cards printed",
        "docs/domain.md: The unprinted, taken apart",
        stated_as=("regular_prints",),
    ),
    Figure(
        "printed_of_recorded_percent",
        "percent",
        percent(printed, recorded),
        "Tercetak dari yang sudah merekam",
        "Printed, of those recorded",
        "docs/domain.md: The unprinted, taken apart",
    ),
    Figure(
        "printed_of_required_percent",
        "percent",
        percent(printed, required),
        "Tercetak dari wajib KTP",
        "Printed, of those required to hold a card",
        "docs/domain.md: The unprinted, taken apart",
    ),
    Figure(
        "unprinted",
        "cards",
        unprinted,
        "Belum tercetak",
        "Recorded, card not printed",
        "docs/domain.md: What must hold, 2",
    ),
    Figure(
        "unprinted_on_kit",
        "cards",
        on_kit.where(unprinted),
        "Belum tercetak: masih di alat perekam",
        "Not printed: still on the kit",
        "docs/domain.md: The unprinted, taken apart",
    ),
    Figure(
        "unprinted_in_transit",
        "cards",
        in_transit.where(unprinted),
        "Belum tercetak: terkirim, menunggu pusat",
        "Not printed: sent, waiting for the centre",
        "docs/domain.md: The unprinted, taken apart",
    ),
    Figure(
        "unprinted_failed",
        "cards",
        failed.where(unprinted),
        "Belum tercetak: gagal atau ganda",
        "Not printed: failed or duplicate",
        "docs/domain.md: The unprinted, taken apart",
    ),
    Figure(
        "unprinted_print_ready",
        "cards",
        print_ready.where(unprinted),
        "Belum tercetak: siap cetak (PRR)",
        "Not printed: print-ready",
        "docs/domain.md: The unprinted, taken apart",
    ),
    Figure(
        "unprinted_held",
        "cards",
        held.where(unprinted),
        "Belum tercetak: menunggu pemohon",
        "Not printed: waiting for the holder",
        "docs/domain.md: The unprinted, taken apart",
    ),
    Figure(
        "unprinted_not_broken_down",
        "cards",
        not_broken_down,
        "Belum tercetak: tidak terinci",
        "Not printed: not broken down",
        "docs/domain.md: The unprinted, taken apart",
    ),
)


@explains(printing.CardsPrinted)
def cards_printed(event: printing.CardsPrinted) -> Iterator[Delta]:
    """Lines on records here say nothing of first cards: `recording` does, when it moves the records."""
    used = event.misprinted + sum(line.cards for line in event.lines)
    yield Delta(event.store, "blank_stock", event.occurred_on, exact_amount(-used))
    for line in event.lines:
        yield Delta(line.area, "cards_printed", event.occurred_on, exact_amount(line.cards))
        if line.first and not line.recordings:
            yield Delta(line.area, "printed_first", event.occurred_on, exact_amount(line.cards))
