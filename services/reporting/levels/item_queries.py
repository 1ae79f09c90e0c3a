"""Item queries: requisitions, deliveries, incidents, connections, repairs, targets; and what was stated."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from fractions import Fraction

import msgspec
from sqlalchemy import select

from services.reporting.levels.row_filter import RowFilter, fetch_rows
from services.reporting.levels.snapshot import EVER, ItemRow, StatementRow
from services.reporting.models import ItemState, Statement, core
from shared.base.amounts import Amount
from shared.db import Session

item, statement = core(ItemState).c, core(Statement).c


async def item_rows(session: Session, scope: RowFilter, as_of: date = EVER) -> dict[str, list[list[ItemRow]]]:
    """By kind, the rows of each thing that was ever in scope, in order of seq."""
    mine = select(item.item_id).where(scope.where(item))
    query = (
        select(core(ItemState))
        .where(item.item_id.in_(mine), item.known_on <= scope.known_on, item.occurred_on <= as_of)
        .order_by(item.kind, item.item_id, item.seq, item.event_id)
    )
    found: dict[tuple[str, str], list[ItemRow]] = defaultdict(list)
    for row in await fetch_rows(session, query):
        data = msgspec.json.decode(row.data)
        said = ItemRow(row.kind, row.item_id, row.area, row.state, row.occurred_on, row.due_on, data, row.taken_back)
        found[row.kind, row.item_id].append(said)
    by_kind: dict[str, list[list[ItemRow]]] = defaultdict(list)
    for (kind, _), things in found.items():
        by_kind[kind].append(things)
    return dict(by_kind)


async def statement_rows(session: Session, area: str, as_of: date, known_on: date) -> Sequence[StatementRow]:
    """What was published about the area itself."""
    query = (
        select(core(Statement))
        .where(statement.area == area, statement.as_of <= as_of, statement.known_on <= known_on)
        .order_by(statement.label, statement.id)
    )
    return [
        StatementRow(
            id=row.id,
            area=row.area,
            figure=row.figure,
            stated=None if row.value is None else Amount(Fraction(row.value), Fraction(row.low), Fraction(row.high)),
            qualifier=row.qualifier,
            as_of=row.as_of,
            label=row.label,
            as_published=row.as_published,
            stated_on=row.stated_on,
            speaker=row.speaker,
            publisher=row.publisher,
            note=row.note,
        )
        for row in await fetch_rows(session, query)
    ]
