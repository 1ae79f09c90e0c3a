"""Snapshot: what was read of the read models for one answer, and a view of it as of a day. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from services.reporting.levels.level import Level
from services.reporting.levels.scopes import PlaceKind, kind_of
from shared.base import areas
from shared.base.amounts import ZERO, Amount
from shared.events.metrics import COUNTED_METRICS

EVER = date.max  # "latest" is not a date: offices in three zones have three todays


UNKNOWN, NONE_COUNTED = Level(None, 0, None), Level(ZERO, 0, None)


class ItemRow(NamedTuple):
    """A thing entered a state. Rows of one thing come in order of `seq`."""

    kind: str
    id: str
    area: str
    state: str
    occurred_on: date
    due_on: date | None
    data: Mapping[str, Any]  # Any: JSON
    taken_back: bool


class Item(NamedTuple):
    """A thing with a state: the row in force, and what earlier rows said that it leaves as it was."""

    kind: str
    id: str
    area: str
    state: str
    since: date  # its first row
    changed_on: date  # the row in force
    due_on: date | None
    data: Mapping[str, Any]  # Any: JSON


class StatementRow(NamedTuple):
    """A statement as published."""

    id: UUID
    area: str
    figure: str
    stated: Amount | None
    qualifier: str
    as_of: date
    label: str
    as_published: str
    stated_on: str
    speaker: str
    publisher: str
    note: str


class CardUse(NamedTuple):
    """Cards printed in some weeks, and on how many days any were."""

    cards: int
    days: int


Levels = Mapping[tuple[str, str], Level]  # place, metric
Flows = Mapping[tuple[str, str], Amount]  # place, metric; none where it is unknown


@dataclass(frozen=True)
class Snapshot:
    """A slice of the books for one area as known on one day. Reading beyond what was loaded is a KeyError."""

    today: date  # at the office of the area
    known_on: date = EVER
    levels: Mapping[tuple[date, PlaceKind], Levels] = field(default_factory=dict)  # by as-of day
    flows: Mapping[tuple[date, date], Flows] = field(default_factory=dict)  # by first and last day
    uses: Mapping[date, Mapping[str, CardUse]] = field(default_factory=dict)  # by the day they lead to
    items: Mapping[str, Sequence[Sequence[ItemRow]]] = field(default_factory=dict)  # by kind, the rows of each thing
    statements: Sequence[StatementRow] = ()
    _views: dict[date, View] = field(default_factory=dict)

    def view(self, as_of: date = EVER) -> View:
        if as_of not in self._views:
            self._views[as_of] = View(self, as_of)
        return self._views[as_of]


@dataclass(frozen=True)
class View:
    """The books as of a day."""

    snapshot: Snapshot
    as_of: date = EVER

    @property
    def day(self) -> date:
        """What needs a day takes today where the view is the latest."""
        return self.snapshot.today if self.as_of == EVER else self.as_of

    def on(self, as_of: date) -> View:
        return self.snapshot.view(as_of)

    def level(self, place: str, metric: str) -> Level:
        found = self.snapshot.levels[self.as_of, kind_of(place)].get((place, metric))
        return found or (NONE_COUNTED if metric in COUNTED_METRICS else UNKNOWN)

    def flow(self, place: str, metric: str, start: date, end: date) -> Amount | None:
        return self.snapshot.flows[start, end].get((place, metric))

    def use(self, place: str) -> CardUse | None:
        return self.snapshot.uses[self.day].get(place)

    def items(self, kind: str, area: str) -> list[Item]:
        """Items of a kind in an area, each in the state in force, the oldest first."""
        if "." in area:
            mine = self._by_district.get((kind, areas.district_of(area)), [])
            return mine if kind_of(area) == "district" else [item for item in mine if areas.lies_in(item.area, area)]
        found = [item for (its, _), items in self._by_district.items() if its == kind for item in items]
        return sorted((item for item in found if areas.lies_in(item.area, area)), key=oldest_first)

    @cached_property
    def _by_district(self) -> Mapping[tuple[str, str], list[Item]]:
        found: dict[tuple[str, str], list[Item]] = defaultdict(list)
        for kind, things in self.snapshot.items.items():
            for rows in things:
                if standing := valid_rows(row for row in rows if row.occurred_on <= self.as_of):
                    item = latest_item(standing)
                    found[kind, areas.district_of(item.area)].append(item)
        for items in found.values():
            items.sort(key=oldest_first)
        return dict(found)


def oldest_first(item: Item) -> tuple[date, str]:
    return item.since, item.id


def valid_rows(rows: Iterable[ItemRow]) -> list[ItemRow]:
    """By day, then seq. Of what is said of one day and state the last word stands, or takes it back."""
    last_word: dict[tuple[date, str], ItemRow] = {}
    for row in rows:
        last_word.pop((row.occurred_on, row.state), None)  # the last word also takes its place in the order
        last_word[row.occurred_on, row.state] = row
    standing = [row for row in last_word.values() if not row.taken_back]
    return sorted(standing, key=lambda row: row.occurred_on)  # stable: seq within a day


def latest_item(rows: Sequence[ItemRow]) -> Item:
    last = rows[-1]
    due_on = next((row.due_on for row in reversed(rows) if row.due_on), None)
    data = {word: value for row in rows for word, value in row.data.items()}
    return Item(last.kind, last.id, last.area, last.state, rows[0].occurred_on, last.occurred_on, due_on, data)
