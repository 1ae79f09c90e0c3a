"""Apply: stores what a batch of events means. Order of arrival changes nothing but the order of rows."""

from collections.abc import Iterable, Sequence
from typing import Any

from services.reporting.models import Anchor, AnchorLine, ItemState, Statement, Tally, core
from services.reporting.projection import latest_levels
from services.reporting.projection.batch import KEY, SUMS, ColumnValues, EffectBatch
from shared.db import Session, bulk
from shared.messaging.inbox import ReceivedEvent


async def apply_batch(session: Session, batch: Sequence[ReceivedEvent]) -> None:
    """Store what a batch of events means. Raises CannotBeFolded before anything is stored."""
    folded = EffectBatch()
    for received in batch:
        folded.take(received)
    await store_batch(session, folded)


async def store_batch(session: Session, folded: EffectBatch) -> None:
    anchored = {(row["district"], row["metric"]) for row in folded.anchors}
    await latest_levels.lock_levels(session, folded.tally, anchored)  # first: what is read from here on is committed
    rows = [(*key, *sums) for key, sums in sorted(folded.tally.items())]
    # no ORM objects here: of ten thousand events most of the time would go into them
    await bulk.upsert(session, core(Tally), (*KEY, *SUMS), rows, keys=KEY, add=SUMS)
    await insert_rows(session, core(Anchor), (without_lines(row) for row in folded.anchors))
    await insert_rows(session, core(AnchorLine), folded.lines)
    await insert_rows(session, core(ItemState), folded.items)
    await insert_rows(session, core(Statement), folded.statements)
    await latest_levels.add_deltas(session, folded.tally, besides=anchored)
    await latest_levels.recount_levels(session, anchored)


async def insert_rows(session: Session, table: Any, rows: Iterable[ColumnValues]) -> None:  # Any: a table of Core
    if found := list(rows):
        await (await session.connection()).execute(table.insert(), found)


def without_lines(row: ColumnValues) -> ColumnValues:
    return {name: value for name, value in row.items() if name != "lines"}
