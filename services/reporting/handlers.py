"""Handlers: takes batches of events into the books. Order of arrival changes nothing but the order of rows."""

from collections.abc import Iterable, Sequence
from typing import Any

from services.reporting import current
from services.reporting.folded import KEY, SUMS, Folded, Row
from services.reporting.models import Anchor, AnchorLine, ItemState, Statement, Tally, core
from shared import bulk
from shared.db import Session
from shared.inbox import Received


async def fold(session: Session, batch: Sequence[Received]) -> None:
    """Store what a batch of events means. Raises CannotBeFolded before anything is stored."""
    folded = Folded()
    for received in batch:
        folded.take(received)
    await store(session, folded)


async def store(session: Session, folded: Folded) -> None:
    rows = [(*key, *sums) for key, sums in sorted(folded.tally.items())]
    # no ORM objects here: of ten thousand events most of the time would go into them
    await bulk.upsert(session, core(Tally), (*KEY, *SUMS), rows, keys=KEY, add=SUMS)
    await add_rows(session, core(Anchor), (without_lines(row) for row in folded.anchors))
    await add_rows(session, core(AnchorLine), folded.lines)
    await add_rows(session, core(ItemState), folded.items)
    await add_rows(session, core(Statement), folded.statements)
    anchored = {(row["district"], row["metric"]) for row in folded.anchors}
    await current.add(session, folded.tally, besides=anchored)
    await current.recount(session, anchored)


async def add_rows(session: Session, table: Any, rows: Iterable[Row]) -> None:  # Any: a table of Core
    if found := list(rows):
        await (await session.connection()).execute(table.insert(), found)


def without_lines(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "lines"}
