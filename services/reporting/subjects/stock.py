"""Stock of blanks: what moved in and out of a store."""

from collections.abc import Iterator

from services.reporting.levels.formulas import DailyUse, LevelOf, ratio
from services.reporting.subjects.effects import Delta, amount_of
from services.reporting.subjects.figure import Figure
from services.reporting.subjects.meanings import explains
from shared.events.blanks import ledger

stock = LevelOf("blank_stock")

FIGURES = (
    Figure(
        "blank_stock",
        "pieces",
        stock,
        "Stok blangko",
        "Blank cards in stock",
        "docs/domain.md: What must hold, 4",
    ),
    Figure(
        "days_of_cover",
        "days",
        ratio(stock, DailyUse()),
        "Kecukupan stok, dalam hari cetak",
        "Cover of the stock, in printing days",
        "docs/domain.md: Blanks",
        districts_only=True,
    ),
)


@explains(ledger.StockMoved)
def stock_moved(event: ledger.StockMoved) -> Iterator[Delta]:
    """Ribbon is in no figure, nor is a place that is no store: spoiled, destroyed, the ministry."""
    for leg in event.legs:
        if event.item != "blank" or leg.area is None:
            continue
        moved = amount_of(leg.pieces)
        amount = moved.reversal() if event.reverses else moved
        yield Delta(leg.area, "blank_stock", event.occurred_on, amount)
        if event.reason == "received" and moved.value > 0:
            yield Delta(leg.area, "blanks_received", event.occurred_on, amount)
