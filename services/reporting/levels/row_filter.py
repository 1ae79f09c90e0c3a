"""Row filter: which rows a query is about: those around an area, or of some districts' metrics."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, true
from sqlalchemy.engine import Row

from services.reporting.levels.scopes import is_roll_up
from services.reporting.levels.snapshot import EVER
from shared.base import areas
from shared.db import Session

Columns = Any  # Any: the columns of a table or subquery
RowPredicate = Callable[[Columns], ColumnElement[bool]]


def around_area(area: str) -> RowPredicate:
    """Rows whose `district` lies in the area, or is the area's."""

    def where(columns: Columns) -> ColumnElement[bool]:
        return district_in(columns.district, area)

    return where


def district_in(column: ColumnElement[str], area: str) -> ColumnElement[bool]:
    if area == areas.NATION:
        return true()
    if is_roll_up(area):
        return or_(column == area, column.between(f"{area}.00", f"{area}.99"))
    return column == areas.district_of(area)


def of_pairs(pairs: Iterable[tuple[str, str]]) -> RowPredicate:
    """Rows of these districts and metrics."""
    wanted: dict[str, list[str]] = {}
    for district, metric in sorted(pairs):
        wanted.setdefault(metric, []).append(district)

    def where(columns: Columns) -> ColumnElement[bool]:
        found = [and_(columns.metric == metric, columns.district.in_(named)) for metric, named in wanted.items()]
        return or_(*found) if found else false()

    return where


@dataclass(frozen=True)
class RowFilter:
    """What is asked about: where, as known on which day, and by which basis of the required population."""

    where: RowPredicate
    known_on: date = EVER
    basis: str | None = None


async def fetch_rows(session: Session, query: Any) -> list[Row[Any]]:  # Any: a select, and what it selects
    return list((await (await session.connection()).execute(query)).all())
