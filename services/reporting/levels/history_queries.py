"""History queries: the anchors and daily deltas that levels of one place are made of over time. Two statements."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from itertools import accumulate
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, cast, func, select

from services.reporting.levels.level import UNMOVED_BASIS, Level, anchor_in_force, level_of
from services.reporting.levels.level_queries import valid_anchors
from services.reporting.levels.row_filter import RowFilter, fetch_rows, of_pairs
from services.reporting.levels.scopes import PlaceKind, kind_of
from services.reporting.models import AnchorLine, Tally, core
from shared.base import areas
from shared.base.amounts import ZERO, Amount
from shared.db import Session

tally, line = core(Tally).c, core(AnchorLine).c


class PlaceAnchor(NamedTuple):
    """An anchor as far as it speaks for the place. start: none where it has no line for it."""

    as_of: date
    basis: str
    start: Amount | None


class LevelHistory:
    """What moved one place. By metric, in order of day."""

    def __init__(self) -> None:
        self.anchors: dict[str, list[PlaceAnchor]] = defaultdict(list)
        self.deltas: dict[str, list[tuple[date, Amount]]] = defaultdict(list)
        self._courses: dict[str, Course] = {}

    def level(self, metric: str, day: date) -> Level:
        if metric not in self._courses:
            self._courses[metric] = Course(metric, self.anchors.get(metric, []), self.deltas.get(metric, []))
        return self._courses[metric].level(day)


class Course:
    """One metric of one place: as of any day the anchor in force and the deltas that it does not cover."""

    def __init__(self, metric: str, anchors: Sequence[PlaceAnchor], deltas: Sequence[tuple[date, Amount]]) -> None:
        self.metric, self.anchors = metric, anchors
        self.on = [day for day, _ in deltas]
        self.sums = list(accumulate((amount for _, amount in deltas), initial=ZERO))

    def level(self, day: date) -> Level:
        begun = anchor_in_force(self.anchors, day)
        until = bisect_right(self.on, day)
        since = bisect_right(self.on, begun.as_of) if begun and begun.start else 0
        if begun and begun.start and begun.basis == UNMOVED_BASIS:
            until = since
        moved = self.sums[until] + self.sums[since].reversal()
        last_on = self.on[until - 1] if until > since else None
        start = begun.start if begun else None
        return level_of(self.metric, start, moved, last_on, (begun.as_of, begun.basis) if begun and start else None)


class LevelsOn(Mapping[tuple[str, str], Level]):
    """Levels at the end of a day by place and metric, each worked out when it is asked for: most never are."""

    def __init__(self, day: date, histories: Mapping[str, LevelHistory]) -> None:
        self.day, self.histories = day, histories

    def __getitem__(self, key: tuple[str, str]) -> Level:
        place, metric = key
        return self.histories[place].level(metric, self.day)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    @cached_property
    def _keys(self) -> list[tuple[str, str]]:
        return [
            (place, metric)
            for place, found in self.histories.items()
            for metric in found.anchors.keys() | found.deltas.keys()
        ]


async def level_history(
    session: Session, place: str, metrics: Collection[str], as_of: date, known_on: date, basis: str | None
) -> LevelHistory:
    """Everything that moved these metrics in a district or sub-district until a day, as known on a day."""
    scope = RowFilter(of_pairs((areas.district_of(place), metric) for metric in metrics), known_on, basis)
    return (await histories(session, scope, kind_of(place), as_of, place)).get(place) or LevelHistory()


async def histories(
    session: Session, scope: RowFilter, by: PlaceKind, as_of: date, place: str | None = None
) -> dict[str, LevelHistory]:
    """Everything that moved the districts or sub-districts in scope until a day. place: only that one."""
    found: dict[str, LevelHistory] = defaultdict(LevelHistory)
    for row in await fetch_rows(session, delta_history(scope, by, as_of, place)):
        found[row.place].deltas[row.metric].append((row.occurred_on, Amount(row.value, row.low, row.high)))
    documents: dict[Any, tuple[Any, dict[str, Amount]]] = {}  # by id of the anchor. Any: a UUID, and a row
    for row in await fetch_rows(session, anchor_history(scope, by, as_of, place)):
        _, starts = documents.setdefault(row.id, (row, {}))
        if row.place is not None:
            starts[row.place] = Amount(row.value, row.low, row.high)
    for each in {*found, *(each for _, starts in documents.values() for each in starts)}:
        for row, starts in documents.values():
            if areas.district_of(each) == row.district:
                found[each].anchors[row.metric].append(PlaceAnchor(row.as_of, row.basis, starts.get(each)))
    return dict(found)


def anchor_history(scope: RowFilter, by: PlaceKind, as_of: date, place: str | None) -> Any:  # Any: a select
    """In order of day. A district starts from the whole document, a sub-district from its line, if there is one."""
    standing = valid_anchors(scope, as_of)
    found = standing.c
    columns = [found.id, found.district, found.metric, found.as_of, found.basis]
    if by == "district":
        amount = [found.district.label("place"), found.value, found.low, found.high]
        return select(*columns, *amount).order_by(found.as_of)
    here = line.anchor_id == found.id
    if place is not None:
        here &= line.area == place
    query = select(*columns, line.area.label("place"), line.value, line.low, line.high)
    return query.select_from(standing).outerjoin(core(AnchorLine), here).order_by(found.as_of)


def delta_history(scope: RowFilter, by: PlaceKind, as_of: date, place: str | None) -> Any:  # Any: a select
    where = tally.district if by == "district" else tally.area
    sums = [cast(func.sum(tally[name]), BigInteger).label(name) for name in ("value", "low", "high")]
    query = (
        select(where.label("place"), tally.metric, tally.occurred_on, *sums)
        .where(scope.where(tally), tally.known_on <= scope.known_on, tally.occurred_on <= as_of)
        .group_by(where, tally.metric, tally.occurred_on)
        .order_by(where, tally.metric, tally.occurred_on)
    )
    return query if place is None else query.where(where == place)
