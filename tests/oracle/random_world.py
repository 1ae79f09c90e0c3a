"""Random world: offices in three zones doing things at random, as events and apart from them as plain facts."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from shared.base.amounts import Amount, about_amount, exact_amount
from shared.base.ids import derived_id
from shared.events import blanks, equipment, recording
from shared.events.base import Event, Line, Range
from shared.events.blanks import ledger, printing
from shared.events.equipment import connectivity, deliveries, incidents
from shared.events.recording import population, recordings, statements, targets
from shared.events.recording.recordings import Part

SUBDISTRICTS_OF = {
    "61.03": ("61.03.01", "61.03.02"),
    "61.09": ("61.09.01",),
    "52.02": ("52.02.01",),
    "91.71": ("91.71.01",),
}
UTC_HOURS = {"61": 7, "52": 8, "91": 9}  # said once more, so that the product's own clock is checked
PARTITION_OF = {"61.03": 0, "52.02": 0, "61.09": 1, "91.71": 1}  # zones are mixed inside a partition
DISTRICTS = list(SUBDISTRICTS_OF)
LINE_AREAS = [area for district, subs in SUBDISTRICTS_OF.items() for area in (f"{district}.00", *subs)]
PUBLISHER_OF_ANCHOR = {
    "population": "recording",
    "required_population": "recording",
    "recorded": "recording",
    "printed_first": "recording",
    "blank_stock": "blanks",
    "subdistricts_online": "equipment",
    "subdistricts_offline": "equipment",
}
NEXT_PARTS: dict[Part, list[Part]] = {
    "on_kit": ["in_transit", "in_transit", "failed"],
    "in_transit": ["print_ready", "print_ready", "failed"],
    "failed": ["on_kit", "in_transit"],
    "print_ready": ["held", "failed"],
    "held": ["print_ready"],
}
ACTS = [
    *["capture"] * 3, "capture_early", *["step"] * 8, *["print_card"] * 2, *["hear"] * 2, *["delete"] * 2, "reverse",
    *["rehome"] * 2, "come_of_age", "old_prints", *["anchor"] * 2, "withdraw", "move_required", *["stock"] * 2,
    "unstock", *["item"] * 3, *["goal"] * 2, "take_back", "state",
]  # fmt: skip
RARE_CASES: Counter[str] = Counter()


class PublishedEvent(NamedTuple):
    """An event as its publisher stamped it."""

    service: str
    partition: int
    seq: int
    id: UUID
    at: datetime
    event: Event


class Document(NamedTuple):
    """An anchor as a plain fact."""

    district: str
    metric: str
    basis: str
    as_of: date
    lines: dict[str, Amount]
    seq: int
    known_on: date


class ItemRow(NamedTuple):
    """An item's row as a plain fact."""

    kind: str
    id: str
    district: str
    area: str
    state: str
    occurred_on: date
    due_on: date | None
    percent: int
    taken_back: bool
    seq: int
    known_on: date
    event: Event


class PublishedStatement(NamedTuple):
    """A statement as a plain fact."""

    id: UUID
    area: str
    figure: str
    stated: Amount
    as_of: date
    known_on: date


class Record:
    """One recording: where it was, by day it happened and day it became known."""

    def __init__(self, id: UUID, district: str, item: recordings.CapturedItem, known_on: date) -> None:
        self.id, self.district, self.item = id, district, item
        self.reversed_on: date | None = None
        self.queued = False
        self.part: Part = "early" if item.early else "on_kit"
        self.later: Part = "on_kit"  # where an early one will begin to count
        self.area, self.last = item.area, item.captured_on
        self.path: list[tuple[date, date, str, Part]] = [(item.captured_on, known_on, item.area, self.part)]

    def at(self, as_of: date, known_on: date) -> tuple[str, str]:
        if self.reversed_on and self.reversed_on <= known_on:
            return ("nowhere", "gone")
        been = [step for step in self.path if step[0] <= as_of and step[1] <= known_on]
        return been[-1][2:] if been else ("nowhere", "gone")


def local_day(office: str, at: datetime) -> date:
    return at.astimezone(timezone(timedelta(hours=UTC_HOURS[office[:2]]))).date()


def range_of(amount: Amount) -> Range:
    return Range(value=int(amount.value), low=int(amount.low), high=int(amount.high))


class World:
    def __init__(self, seed: int, steps: int = 60) -> None:
        self.random, self.seed = random.Random(seed), seed
        self.clock = datetime(2020, 1, 4, tzinfo=UTC)
        self.seq: Counter[tuple[str, int]] = Counter()
        self.number = 0
        self.log: list[PublishedEvent] = []
        self.records: list[Record] = []
        self.unconsumed: list[tuple[Record, date]] = []
        self.facts: list[tuple[str, str, date, date, tuple[int, int, int]]] = []
        self.stocks: list[tuple[ledger.StockMoved, str]] = []
        self.documents: list[Document] = []
        self.rows: list[ItemRow] = []
        self.statements: list[PublishedStatement] = []
        for district in DISTRICTS:
            for metric in ("required_population", "recorded", "printed_first", "blank_stock"):
                if self.random.random() < 0.5:
                    self.anchor(district, metric)
        for _ in range(steps):
            if self.random.random() < 0.4:
                self.clock += timedelta(hours=self.random.choice([1, 3, 8, 24, 60]))
            getattr(self, self.random.choice(ACTS))(self.random.choice(DISTRICTS))

    def today(self, office: str) -> date:
        return local_day(office, self.clock)

    def past(self, office: str, since: date = date(2020, 1, 1)) -> date:
        return since + timedelta(self.random.randint(0, max(0, (self.today(office) - since).days)))

    def area(self, district: str) -> str:
        visitor = self.random.random() < 0.15
        RARE_CASES["facts of another district"] += visitor
        return self.random.choice(LINE_AREAS if visitor else [f"{district}.00", *SUBDISTRICTS_OF[district]])

    def new_id(self, *words: str) -> UUID:
        self.number += 1
        return derived_id(str(self.seed), str(self.number), *words)

    def publish(self, service: str, event: Event) -> int:
        lane = service, PARTITION_OF.get(event.district, 0)
        self.seq[lane] += 1
        self.log.append(PublishedEvent(*lane, self.seq[lane], self.new_id("event"), self.clock, event))
        return self.seq[lane]

    def fact(self, office: str, area: str, metric: str, on: date, amount: Amount) -> None:
        ends = (int(amount.value), int(amount.low), int(amount.high))
        self.facts.append((area, metric, on, self.today(office), ends))

    # --- recordings: `recording` alone moves them

    def capture(self, district: str, early: bool = False) -> None:
        items = tuple(
            recordings.CapturedItem(
                recording=self.new_id("record"), area=self.area(district), captured_on=self.past(district), early=early
            )
            for _ in range(self.random.randint(1, 3))
        )
        self.publish("recording", recordings.RecordingsCaptured(district=district, items=items))
        self.records += [Record(item.recording, district, item, self.today(district)) for item in items]

    def capture_early(self, district: str) -> None:
        self.capture(district, early=True)

    def pick(self, *parts: Part) -> Record | None:
        found = [record for record in self.records if record.part in parts and not record.reversed_on]
        return self.random.choice(found) if found else None

    def moved(self, record: Record, on: date, part: Part, area: str | None = None) -> None:
        record.part, record.area, record.last = part, area or record.area, on
        record.path.append((on, self.today(record.district), record.area, part))

    def here(self, record: Record) -> tuple[recordings.RecordingAt, ...]:
        return (recordings.RecordingAt(recording=record.id, area=record.area),)

    def step(self, _: str) -> None:
        for _number in range(2):
            self.step_one()

    def step_one(self) -> None:
        record = self.pick(*NEXT_PARTS, "early")
        if record is None:
            return
        on = self.past(record.district, record.last)
        if record.part == "early":
            record.later = self.random.choice(NEXT_PARTS[record.later])
            self.change(record, on, "early", "early")
            return
        entered = self.random.choice(NEXT_PARTS[record.part])
        RARE_CASES["held for the holder"] += entered == "held"
        RARE_CASES["failed after print-ready"] += record.part == "print_ready" and entered == "failed"
        self.change(record, on, record.part, entered)

    def change(self, record: Record, on: date, left: Part, entered: Part) -> None:
        event = recordings.RecordingsStateChanged(
            district=record.district, occurred_on=on, left=left, entered=entered, state=entered,
            items=self.here(record),
        )  # fmt: skip
        self.publish("recording", event)
        self.moved(record, on, entered)

    def come_of_age(self, _: str) -> None:
        if record := self.pick("early"):
            on = self.past(record.district, record.last)
            event = recordings.RecordingsCameOfAge(
                district=record.district, occurred_on=on, entered=record.later, items=self.here(record)
            )
            self.publish("recording", event)
            RARE_CASES["came of age further than the kit"] += record.later != "on_kit"
            self.moved(record, on, record.later)

    def rehome(self, _: str) -> None:
        if record := self.pick(*NEXT_PARTS, "early", "printed"):
            on, area = self.past(record.district, record.last), self.random.choice(LINE_AREAS)
            move = recordings.RecordingMove(recording=record.id, left_area=record.area, entered_area=area)
            event = recordings.RecordingsAreaChanged(
                district=record.district, occurred_on=on, part=record.part, items=(move,)
            )
            self.publish("recording", event)
            RARE_CASES["person moved to another district"] += area[:5] != record.area[:5]
            self.moved(record, on, record.part, area)

    def delete(self, _: str) -> None:
        if record := self.pick(*NEXT_PARTS, "early", "printed", "printed"):
            on = self.past(record.district, record.last)
            event = recordings.RecordingsDeleted(
                district=record.district, occurred_on=on, left=record.part, items=self.here(record)
            )
            self.publish("recording", event)
            RARE_CASES["deleted while printed"] += record.part == "printed"
            self.moved(record, on, "gone")

    def reverse(self, _: str) -> None:
        found = [r for r in self.records if r.part in ("on_kit", "early") and len(r.path) == 1 and not r.reversed_on]
        if found:
            record = self.random.choice(found)
            event = recordings.RecordingsReversed(district=record.district, items=(record.item,), reason="never made")
            self.publish("recording", event)
            RARE_CASES["reversed"] += 1
            record.reversed_on = self.today(record.district)

    # --- cards and blanks

    def print_card(self, _: str) -> None:
        """`blanks` prints; `recording` will hear of it later."""
        ready = [r for r in self.records if r.part in ("print_ready", "held") and not r.queued]
        if ready:
            record = self.random.choice(ready)
            record.queued, on, store = True, self.today(record.district), f"{record.district}.00"
            line = printing.PrintLine(
                area=record.area, cards=1, reason="first_card", first=True, recordings=(record.id,)
            )
            self.run(record.district, on, store, (line,), misprinted=1)
            self.fact(record.district, store, "blank_stock", on, exact_amount(-2))
            self.fact(record.district, record.area, "cards_printed", on, exact_amount(1))
            self.unconsumed.append((record, on))

    def run(self, district: str, on: date, store: str, lines: Any, misprinted: int = 0) -> None:
        event = printing.CardsPrinted(
            district=district, run=self.new_id("run"), occurred_on=on, store=store, lines=lines, misprinted=misprinted
        )
        self.publish("blanks", event)

    def hear(self, _: str) -> None:
        if not self.unconsumed:
            return
        record, on = self.unconsumed.pop(self.random.randrange(len(self.unconsumed)))
        RARE_CASES["card heard of after the deletion"] += record.part == "gone"
        if record.part != "gone":
            self.change(record, max(on, record.last), record.part, "printed")

    def old_prints(self, district: str) -> None:
        on, area, cards, store = self.past(district), self.area(district), self.random.randint(1, 9), f"{district}.00"
        lines = (
            printing.PrintLine(area=area, cards=cards, reason="first_card", first=True),
            printing.PrintLine(area=area, cards=1, reason="lost", first=False),
        )
        self.run(district, on, store, lines)
        self.fact(district, area, "printed_first", on, exact_amount(cards))
        self.fact(district, area, "cards_printed", on, exact_amount(cards + 1))
        self.fact(district, store, "blank_stock", on, exact_amount(-cards - 1))

    def stock(self, district: str) -> None:
        on, came = self.past(district), self.random.choice([exact_amount(5), about_amount(100), Amount(50, 50, 59)])
        source = self.random.choice([None, "61.00", self.area(district)])
        out = ledger.Leg(
            place=f"store:{source}" if source else "ministry", area=source, pieces=range_of(came.outflow())
        )
        into = ledger.Leg(place=f"store:{district}.00", area=f"{district}.00", pieces=range_of(came))
        reason = self.random.choice(["received", "transferred"])
        RARE_CASES["a province's own store"] += source == "61.00"
        moved = ledger.StockMoved(
            district=district, posting=self.new_id("posting"), occurred_on=on, item="blank", legs=(out, into),
            reason=reason,
        )  # fmt: skip
        self.publish("blanks", moved)
        self.stocks.append((moved, district))
        self.stock_facts(moved, district, +1)

    def unstock(self, _: str) -> None:
        if self.stocks:
            moved, district = self.stocks.pop(self.random.randrange(len(self.stocks)))
            self.publish(
                "blanks", msgspec.structs.replace(moved, posting=self.new_id("posting"), reverses=moved.posting)
            )
            RARE_CASES["stock reversed"] += 1
            self.stock_facts(moved, district, -1)

    def stock_facts(self, moved: ledger.StockMoved, district: str, sign: int) -> None:
        for leg in moved.legs:
            if leg.area is None:
                continue
            amount = Amount(leg.pieces.value, leg.pieces.low, leg.pieces.high).multiplied_by(sign)
            self.fact(district, leg.area, "blank_stock", moved.occurred_on, amount)
            if moved.reason == "received" and leg.pieces.value > 0:
                self.fact(district, leg.area, "blanks_received", moved.occurred_on, amount)

    # --- decisions and documents

    def move_required(self, district: str) -> None:
        on, area, people = self.past(district), self.area(district), self.random.choice([-2, -1, 1, 2])
        event = population.RequiredPopulationMoved(
            district=district, movement=self.new_id("movement"), area=area, occurred_on=on, people=people,
            reason="turned_17" if people > 0 else "died",
        )  # fmt: skip
        self.publish("recording", event)
        self.fact(district, area, "required_population", on, exact_amount(people))

    def anchor(self, district: str, metric: str = "") -> None:
        metric = metric or self.random.choice(list(PUBLISHER_OF_ANCHOR))
        as_of = self.past(district) - timedelta(days=1)
        district = "61.00" if metric == "blank_stock" and self.random.random() < 0.1 else district
        subs = [sub for sub in SUBDISTRICTS_OF.get(district, ()) if self.random.random() < 0.5]
        is_count = metric.startswith("subdistricts")
        whole = district if district == "61.00" else f"{district}.00"
        lines = {line: self.size(metric) for line in ([whole] if is_count else [whole, *subs])}
        basis = self.random.choice(["running", "dkb", "dkb", "target"]) if metric == "required_population" else ""
        self.tell(district, metric, basis, as_of, lines)

    def size(self, metric: str) -> Amount:
        if metric.startswith("subdistricts"):
            return exact_amount(self.random.randint(0, 2))
        sizes = [1, 2, 40, 100, 300] if metric == "required_population" else [0, 1, 1, 2, 3, 3, 40]
        return self.random.choice([exact_amount, about_amount])(20 * self.random.choice(sizes))

    def withdraw(self, _: str) -> None:
        if self.documents:
            old = self.random.choice(self.documents)
            self.tell(old.district, old.metric, old.basis, old.as_of, {})

    def tell(self, district: str, metric: str, basis: str, as_of: date, lines: dict[str, Amount]) -> None:
        told: dict[str, Any] = {
            "district": district,
            "as_of": as_of,
            "lines": tuple(Line(area=area, amount=range_of(amount)) for area, amount in lines.items()),
            "basis": basis,
            "source": "paper",
            "reason": "as stated",
        }
        service = PUBLISHER_OF_ANCHOR[metric]
        if metric == "population":
            event: Event = population.PopulationSet(**told)
        elif metric == "required_population":
            event = population.RequiredPopulationSet(**told)
        else:
            module: Any = {"recording": recording, "blanks": blanks, "equipment": equipment}[service]
            event = module.OpeningBalanceSet(**told, metric=metric)
        seq = self.publish(service, event)
        self.documents.append(Document(district, metric, basis, as_of, lines, seq, self.today(district)))

    def goal(self, district: str) -> None:
        self.item(district, "target")

    def item(self, district: str, kind: str = "") -> None:
        kind = kind or self.random.choice(["connection", "connection", "delivery", "incident"])
        on, sub = self.past(district), self.random.choice(SUBDISTRICTS_OF[district])
        name = sub if kind == "connection" else f"{kind} {district} {self.random.randint(1, 2)}"
        states = {
            "connection": ["online", "offline", "degraded", "unknown"],
            "target": ["set"],
            "delivery": ["promised", "rescheduled", "received"],
            "incident": ["opened", "updated", "closed"],
        }
        state = self.random.choice(states[kind])
        due_on = on + timedelta(self.random.choice([0, 2, 4, 30])) if kind in ("target", "delivery") else None
        percent = self.random.choice([10, 25, 50, 80, 100])
        area = sub if kind == "connection" else district
        event = item_event(kind, district, derived_id(str(self.seed), name), area, state, on, due_on, percent)
        due_on = due_on if state in ("set", "promised", "rescheduled") else None
        self.row(kind, name, district, area, state, on, due_on, percent, event)

    def row(self, kind: str, name: str, district: str, area: str, state: str, on: date, due_on: date | None,
            percent: int, event: Any) -> None:  # fmt: skip
        seq = self.publish("recording" if kind == "target" else "equipment", event)
        id = area if kind == "connection" else str(event.id)
        known_on = self.today(district)
        self.rows.append(
            ItemRow(kind, id, district, area, state, on, due_on, percent, event.taken_back, seq, known_on, event)
        )

    def take_back(self, _: str) -> None:
        if self.rows:
            old = self.random.choice(self.rows)
            event = msgspec.structs.replace(old.event, taken_back=True)
            self.row(
                old.kind, old.id, old.district, old.area, old.state, old.occurred_on, old.due_on, old.percent, event
            )

    def state(self, district: str) -> None:
        name = self.random.choice(["recorded", "unrecorded", "required_population", "coverage_claim", "blank_stock"])
        number = self.random.choice([0, 1, 2, 5, 20, 40, 60, 100])
        stated = self.random.choice([exact_amount(number), about_amount(number), Amount(number, 0, number)])
        id, as_of = self.new_id("statement"), self.past(district)
        ends = statements.StatedNumber(value=str(stated.value), low=str(stated.low), high=str(stated.high))
        event = statements.StatementReceived(
            district=district, id=id, label=f"statement {len(self.statements)}", area=district, figure=name,
            as_published=str(number), stated=ends, qualifier="exact", as_of=as_of, stated_on="2020", speaker="head",
            publisher="press",
        )  # fmt: skip
        self.publish("recording", event)
        self.statements.append(PublishedStatement(id, district, name, stated, as_of, self.today(district)))


def item_event(
    kind: str, district: str, id: UUID, area: str, state: str, on: date, due_on: date | None, percent: int
) -> Event:
    told: dict[str, Any] = {"district": district, "id": id, "area": area, "occurred_on": on}
    if kind == "connection":
        return connectivity.ConnectivityChanged(**told | {"state": state})
    if kind == "target":
        assert due_on is not None
        return targets.TargetSet(**told, due_on=due_on, percent=str(percent))
    dated = told | {"due_on": due_on}
    made: dict[str, Any] = {
        "promised": lambda: deliveries.DeliveryPromised(**dated, what="kits", by="consortium"),
        "rescheduled": lambda: deliveries.DeliveryRescheduled(**dated, slips=1),
        "received": lambda: deliveries.DeliveryReceived(**told),
        "opened": lambda: incidents.IncidentOpened(**told, layer="power", cause="weak_supply"),
        "updated": lambda: incidents.IncidentUpdated(**told),
        "closed": lambda: incidents.IncidentClosed(**told),
    }
    event: Event = made[state]()
    return event
