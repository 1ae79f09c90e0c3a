"""Paging by key, never by page number: the page after a key, and the key at which the next one begins."""

from collections.abc import Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel.sql.expression import SelectOfScalar

from shared.db.session import Session

Row = TypeVar("Row")
Key = Sequence[Any]  # Any: values of columns


class PageRequest(NamedTuple):
    """How many rows at most, and after which key; no key: from the first."""

    limit: int
    after: Key | None = None


class RowPage(NamedTuple, Generic[Row]):
    """Rows in order of their key, and the last key where more follow."""

    rows: list[Row]
    last_key: Key | None = None


async def fetch_page(
    session: Session, query: SelectOfScalar[Row], columns: Sequence[Any], page: PageRequest
) -> RowPage[Row]:
    """One page of the rows of a query, ascending.

    columns: the key, unique together, such as (created_at, id), and never null.
    """
    if page.after is not None:
        query = query.where(after_key(columns, page.after))
    rows = list((await session.exec(query.order_by(*columns).limit(page.limit + 1))).all())
    if len(rows) <= page.limit:
        return RowPage(rows)
    rows = rows[: page.limit]
    return RowPage(rows, [getattr(rows[-1], column.key or "") for column in columns])


def after_key(columns: Sequence[Any], key: Key) -> ColumnElement[bool]:
    """Greater than the key, compared as a tuple; spelled out, since SQLite's types do not bind in row values."""
    return or_(
        *(
            and_(*(columns[i] == key[i] for i in range(place)), columns[place] > key[place])
            for place in range(len(columns))
        )
    )
