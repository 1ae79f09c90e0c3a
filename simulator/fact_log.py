"""Fact log: what the simulated offices did, in plain dictionaries, without a look at how Rekap stores it."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any, NamedTuple

UNPRINTED = ("on_kit", "in_transit", "failed", "print_ready", "held")
POPULATION_BASES = ("running", "dkb")


class Document(NamedTuple):
    """How much there was at the end of a day, by area; without a line for a sub-district nothing is known there."""

    as_of: date
    known_on: date
    lines: Mapping[str, int]


class ItemState(NamedTuple):
    """A thing entered a state."""

    area: str
    state: str
    occurred_on: date
    known_on: date
    due_on: date | None
    data: Mapping[str, Any]  # Any: whatever the kind says


class PublishedNumber(NamedTuple):
    """A number that somebody published."""

    id: str
    area: str
    figure: str
    value: int
    as_of: date
    known_on: date


DeltaKey = tuple[str, str, date, date]  # area, metric, occurred on, known on


@dataclass
class FactLog:
    """today: the day on which what is written now becomes known."""

    today: date
    moves: dict[str, Counter[DeltaKey]] = field(default_factory=lambda: defaultdict(Counter))  # by district
    documents: dict[tuple[str, str, str], list[Document]] = field(default_factory=lambda: defaultdict(list))
    items: dict[str, dict[tuple[str, str], list[ItemState]]] = field(default_factory=lambda: defaultdict(dict))
    published_numbers: dict[str, list[PublishedNumber]] = field(default_factory=lambda: defaultdict(list))

    def add(self, area: str, metric: str, on: date, number: int) -> None:
        self.moves[area[:5]][area, metric, on, self.today] += number

    def add_recordings(self, area: str, on: date, number: int = 1) -> None:
        """A recording begins on its kit; below zero it never began."""
        self.add(area, "recorded", on, number)
        self.add(area, "on_kit", on, number)

    def move_recordings(self, area: str, before: str, after: str, on: date, number: int = 1) -> None:
        """Recordings leave one part of the work and enter another; `printed` and `gone` are parts too."""
        if before == after:
            return
        for part, sign in ((before, -number), (after, number)):
            if part in UNPRINTED:
                self.add(area, part, on, sign)
            elif part == "printed":
                self.add(area, "printed_first", on, sign)
            elif part == "gone":
                self.add(area, "recorded", on, -sign)

    def move_residence(self, before: str, after: str, part: str, on: date) -> None:
        """A holder lives elsewhere now, and the recording counts there."""
        for area, sign in ((before, -1), (after, 1)):
            self.add(area, "recorded", on, sign)
            self.add(area, "printed_first" if part == "printed" else part, on, sign)

    def add_document(self, district: str, metric: str, as_of: date, lines: Mapping[str, int], basis: str = "") -> None:
        self.documents[district, metric, basis].append(Document(as_of, self.today, dict(lines)))

    def add_item_state(
        self, kind: str, id: str, area: str, state: str, on: date, due_on: date | None = None,
        data: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:  # Any: as in a row  # fmt: skip
        rows = self.items[area[:5]].setdefault((kind, id), [])
        rows.append(ItemState(area, state, on, self.today, due_on, data))

    def add_published_number(self, id: str, area: str, figure: str, value: int, as_of: date) -> None:
        self.published_numbers[area[:5]].append(PublishedNumber(id, area, figure, value, as_of, self.today))
