"""Workload: what the nation's 514 districts say on working days, as stamped records; the same for the same seed.

A person recorded is one event, an answer of the centre or a box of cards is one of several; people are spread over
districts as uneven as the real ones, and over the sub-districts of each.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import NamedTuple
from uuid import UUID

import msgspec

from shared.base import areas
from shared.base.ids import new_id
from shared.events import codec
from shared.events.base import Event
from shared.events.recording.population import RequiredPopulationMoved
from shared.events.recording.recordings import (
    CapturedItem,
    Part,
    RecordingAt,
    RecordingMove,
    RecordingsAreaChanged,
    RecordingsCaptured,
    RecordingsStateChanged,
)
from shared.messaging.outbox import PARTITIONS, partition_of
from shared.messaging.transports import Outgoing
from shared.messaging.transports.end_offsets import EndOffset, EndOffsets

FIRST_DAY = datetime.fromisoformat("2018-11-26T01:00:00+00:00")  # eight in Jakarta
OFFICE_HOURS = 8
EVENTS_A_DAY = 2_000_000  # events of a working day with a million recordings
MIX = (  # kind, share of the events, items of one
    ("captured", 760, 1),
    ("uploaded", 1, 200),
    ("sent", 4, 100),
    ("answered", 4, 100),
    ("printed", 180, 1),
    ("moved", 15, 1),
    ("grown", 36, 1),
)
STEPS: dict[str, tuple[Part, Part, str]] = {
    "sent": ("on_kit", "in_transit", "sent"),
    "answered": ("in_transit", "print_ready", "print_ready"),
    "printed": ("print_ready", "printed", "printed"),
}
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class Row(NamedTuple):
    """A stamped row of the outbox, as far as its envelope needs it."""

    seq: int
    known_at: datetime
    event_id: UUID
    type: str
    subject: str
    home: str
    data: str
    traceparent: str | None = TRACE


@dataclass
class Workload:
    """One source's events, numbered as a publisher numbers them."""

    seed: int = 1
    seqs: dict[int, int] = field(default_factory=lambda: dict.fromkeys(range(PARTITIONS), 0))
    last: dict[int, str] = field(default_factory=dict)
    history: UUID = field(default_factory=new_id)
    said: int = 0

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.districts = [each for each in areas.districts_in(areas.NATION) if areas.subdistricts_of(each)]
        # the largest district is some forty times the smallest, as between Bogor and a remote one
        self.weights = list(accumulate(1 / (rank + 12) for rank in range(len(self.districts))))
        self.random.shuffle(self.districts)

    def rows(self, number: int) -> Iterator[tuple[int, Row]]:
        """-> partition and row of that many events more."""
        kinds, shares = [(kind, items) for kind, _, items in MIX], [share for _, share, _ in MIX]
        chosen = self.random.choices(kinds, shares, k=number)
        where = self.random.choices(self.districts, cum_weights=self.weights, k=number)
        for (kind, items), district in zip(chosen, where, strict=True):
            at = instant_of(self.said)
            self.said += 1
            event = self.event(kind, district, at.date(), items)
            partition = partition_of(district)
            self.seqs[partition] += 1
            id = new_id()
            self.last[partition] = str(id)
            data = msgspec.json.encode(event).decode()
            yield partition, Row(self.seqs[partition], at, id, event.type, str(new_id()), district, data)

    def event(self, kind: str, district: str, day: date, items: int) -> Event:
        near = self.random.choices(areas.subdistricts_of(district), k=items)
        if kind == "captured":
            return RecordingsCaptured(district=district, items=(captured(near[0], day),))
        if kind == "uploaded":  # a device that was away sends what it took in a sub-district last week
            days = [day - timedelta(days=self.random.randrange(1, 8)) for _ in range(items)]
            return RecordingsCaptured(district=district, items=tuple(captured(near[0], on) for on in days))
        if kind == "grown":
            return RequiredPopulationMoved(
                district=district, movement=new_id(), area=near[0], occurred_on=day, people=1, reason="turned_17"
            )
        if kind == "moved":
            away = self.random.choice(areas.subdistricts_of(district))
            move = RecordingMove(recording=new_id(), left_area=near[0], entered_area=away)
            return RecordingsAreaChanged(district=district, occurred_on=day, part="printed", items=(move,))
        left, entered, state = STEPS[kind]
        at = tuple(RecordingAt(recording=new_id(), area=area) for area in near)
        return RecordingsStateChanged(
            district=district, occurred_on=day, left=left, entered=entered, state=state, items=at
        )

    def records(self, number: int, service: str = "recording") -> Iterator[tuple[int, Outgoing]]:
        """-> partition and record of that many events more."""
        for partition, row in self.rows(number):
            yield partition, Outgoing(row.seq, row.home, codec.encode(row, service, self.history))

    def end_offsets(self) -> EndOffsets:
        heads = {partition: EndOffset(seq, self.last.get(partition)) for partition, seq in self.seqs.items()}
        return EndOffsets(self.history, {}, heads, instant_of(self.said))


def captured(area: str, on: date) -> CapturedItem:
    return CapturedItem(recording=new_id(), area=area, captured_on=on)


def instant_of(number: int) -> datetime:
    """When the n-th event of the nation becomes known."""
    day, second = divmod(number * OFFICE_HOURS * 3600 // EVENTS_A_DAY, OFFICE_HOURS * 3600)
    return FIRST_DAY + timedelta(days=day, seconds=second, microseconds=number % 1_000_000)
