"""Batch: what events mean, in memory, and the rows they add. Knows no database: reader processes need none."""

from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any, NamedTuple

import msgspec

from services.reporting.levels.scopes import is_below_district
from services.reporting.subjects.effects import AnchorSet, Delta, ItemChanged, StatementMade
from services.reporting.subjects.meanings import effects_of
from shared.base import areas
from shared.base.amounts import Amount, sum_amounts
from shared.events import PUBLISHER_OF
from shared.events.metrics import ANCHORED_BY
from shared.events.received import CannotBeFolded, ReceivedEvent

ColumnValues = dict[str, Any]  # Any: parameters of a statement
KEY = ("metric", "district", "occurred_on", "area", "known_on", "cause")
SUMS = ("value", "low", "high")


class TallyKey(NamedTuple):
    metric: str
    district: str
    occurred_on: date
    area: str
    known_on: date
    cause: str


@dataclass
class EffectBatch:
    """A batch in memory: deltas summed per key, and the rows to add."""

    tally: dict[TallyKey, list[int]] = field(default_factory=dict)
    anchors: list[ColumnValues] = field(default_factory=list)
    lines: list[ColumnValues] = field(default_factory=list)
    items: list[ColumnValues] = field(default_factory=list)
    statements: list[ColumnValues] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return sum(map(len, (self.tally, self.anchors, self.lines, self.items, self.statements)))

    def take(self, received: ReceivedEvent) -> None:
        """Raises CannotBeFolded."""
        event, known_on = received.event, received.known_on
        if PUBLISHER_OF[type(event)] != received.origin.source:
            raise CannotBeFolded("said by a service that does not publish it")
        for effect in effects_of(event):
            match effect:
                case Delta():
                    self.add(
                        effect.metric, effect.area, effect.occurred_on, known_on, cause_of(event.type), effect.amount
                    )
                case AnchorSet():
                    self.start(effect, known_on, received)
                case ItemChanged():
                    self.items.append(item_row(effect, known_on, received))
                case StatementMade():
                    self.statements.append(statement_row(effect, known_on))

    def add(
        self, metric: str, area: str, occurred_on: date, known_on: date, cause: str, amount: Amount, times: int = 1
    ) -> None:
        area = anchor_line_area(area)
        key = TallyKey(metric, areas.district_of(area), occurred_on, area, known_on, cause)
        value, low, high = int(amount.value), int(amount.low), int(amount.high)
        if (found := self.tally.get(key)) is None:
            self.tally[key] = [value * times, low * times, high * times]
        else:
            found[0] += value * times
            found[1] += low * times
            found[2] += high * times

    def add_all(self, later: "EffectBatch") -> None:
        for key, sums in later.tally.items():
            if (found := self.tally.get(key)) is None:
                self.tally[key] = sums
            else:
                self.tally[key] = [mine + theirs for mine, theirs in zip(found, sums, strict=True)]
        self.anchors += later.anchors
        self.lines += later.lines
        self.items += later.items
        self.statements += later.statements

    def in_order(self) -> "EffectBatch":
        """Sums in order of their keys: several of these, one after the other, are sorted in next to no time."""
        self.tally = dict(sorted(self.tally.items()))
        return self

    def start(self, said: AnchorSet, known_on: date, received: ReceivedEvent) -> None:
        said = said._replace(lines=tuple((anchor_line_area(area), amount) for area, amount in said.lines))
        check_anchor(said, known_on, received.origin.source)
        whole = sum_amounts(amount for _, amount in said.lines)
        id = received.origin.id
        row = {"id": id, "known_on": known_on, "seq": received.origin.seq, "line_count": len(said.lines)}
        self.anchors.append(said._asdict() | row | {name: getattr(whole, name) for name in SUMS})
        for area, amount in said.lines:
            sums = {name: getattr(amount, name) for name in SUMS}
            self.lines.append({"anchor_id": id, "area": area, **sums})


def check_anchor(said: AnchorSet, known_on: date, source: str) -> None:
    """What no anchor may say. Raises CannotBeFolded."""
    if said.as_of >= known_on:
        raise CannotBeFolded("an anchor speaks for a finished day")
    if ANCHORED_BY.get(said.metric) != source:
        raise CannotBeFolded("this service does not anchor this metric")
    named = [area for area, _ in said.lines]
    if len(named) != len(set(named)):
        raise CannotBeFolded("an area has two lines in one anchor")
    if any(areas.district_of(area) != said.district for area in named):
        raise CannotBeFolded("an anchor has a line outside its district")


def item_row(said: ItemChanged, known_on: date, received: ReceivedEvent) -> ColumnValues:
    return {
        "event_id": received.origin.id,
        "kind": said.kind,
        "item_id": said.id,
        "seq": received.origin.seq,
        "district": areas.district_of(said.area),
        "area": said.area,
        "state": said.state,
        "occurred_on": said.occurred_on,
        "known_on": known_on,
        "due_on": said.due_on,
        "taken_back": said.taken_back,
        "data": msgspec.json.encode(said.data, order="sorted").decode(),
    }


def statement_row(said: StatementMade, known_on: date) -> ColumnValues:
    value, low, high = said.stated or (None, None, None)
    row = {"id": said.id, "area": said.area, "district": areas.district_of(said.area), "figure": said.figure}
    stated = {"value": value, "low": low, "high": high, "qualifier": said.qualifier}
    return row | stated | {"as_of": said.as_of, "known_on": known_on} | dict(said.about)


@cache
def anchor_line_area(area: str) -> str:
    """A whole district, province or nation: what is in none of its named parts."""
    return area if is_below_district(area) or area.endswith(".00") else f"{area}.00"


@cache
def cause_of(type_: str) -> str:
    """`rekap.recording.recordings.captured.v1` -> `recordings.captured`: the same whatever its version."""
    return ".".join(type_.split(".")[2:-1])
