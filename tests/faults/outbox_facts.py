"""Outbox facts: what the outboxes hold, as plain facts for the oracle; read by no code of the fold.

Whoever adds a kind of act to the load says here what its event means; an event nobody explained is an error.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from shared.base.amounts import Amount
from shared.events.recording import recordings
from tests.oracle.random_world import Document, ItemRow, Record, local_day


class OutboxEvent(NamedTuple):
    """A row of an outbox."""

    service: str
    partition: int
    seq: int
    id: int
    subject: str
    type: str
    data: dict[str, Any]  # JSON
    known_at: datetime

    @property
    def known_on(self) -> date:
        return local_day(self.data["district"], self.known_at)

    @property
    def word(self) -> str:
        """`rekap.recording.recordings.captured.v1` -> `recordings.captured`."""
        return ".".join(self.type.split(".")[2:-1])


class OutboxFacts:
    """The plain facts behind a list of events: the five lists that `tests.oracle.plain_count` reads of a world."""

    def __init__(self, events: Iterable[OutboxEvent]) -> None:
        self.records: list[Record] = []
        self.facts: list[tuple[str, str, date, date, tuple[int, int, int]]] = []
        self.documents: list[Document] = []
        self.rows: list[ItemRow] = []
        self.statements: list[Any] = []  # statements; the load makes none
        self.by_id: dict[str, Record] = {}
        for event in sorted(events, key=lambda each: (each.service, each.partition, each.seq)):
            HANDLERS[event.word](self, event)

    def captured(self, event: OutboxEvent) -> None:
        for item in event.data["items"]:
            day = date.fromisoformat(item["captured_on"])
            captured = recordings.CapturedItem(
                recording=UUID(item["recording"]), area=item["area"], captured_on=day, early=item.get("early", False)
            )
            record = Record(captured.recording, event.data["district"], captured, event.known_on)
            self.by_id[item["recording"]] = record
            self.records.append(record)

    def stepped(self, event: OutboxEvent) -> None:
        for item in event.data["items"]:
            record = self.by_id[item["recording"]]
            record.part = event.data["entered"]
            record.path.append((occurred_on(event), event.known_on, item["area"], record.part))

    def printed(self, event: OutboxEvent) -> None:
        used = event.data.get("misprinted", 0) + sum(line["cards"] for line in event.data["lines"])
        self.fact(event, event.data["store"], "blank_stock", (-used,) * 3)
        for line in event.data["lines"]:
            self.fact(event, line["area"], "cards_printed", (line["cards"],) * 3)
            if line["first"] and not line.get("recordings"):
                self.fact(event, line["area"], "printed_first", (line["cards"],) * 3)

    def moved(self, event: OutboxEvent) -> None:
        assert not event.data.get("reverses"), "the load reverses nothing"
        for leg in event.data["legs"]:
            pieces = tuple(leg["pieces"][end] for end in ("value", "low", "high"))
            if leg.get("area"):
                self.fact(event, leg["area"], "blank_stock", pieces)
                if event.data["reason"] == "received" and pieces[0] > 0:
                    self.fact(event, leg["area"], "blanks_received", pieces)

    def opened(self, event: OutboxEvent) -> None:
        data = event.data
        metric = data.get("metric") or event.word.removesuffix(".set")
        lines = {line["area"]: to_amount(line["amount"]) for line in data["lines"]}
        as_of = date.fromisoformat(data["as_of"])
        self.documents.append(
            Document(data["district"], metric, data.get("basis", ""), as_of, lines, event.seq, event.known_on)
        )

    def seen(self, event: OutboxEvent) -> None:
        data = event.data
        self.rows.append(
            ItemRow(
                "connection", data["area"], data["district"], data["area"], data["state"], occurred_on(event), None, 0,
                data.get("taken_back", False), event.seq, event.known_on, None,  # type: ignore[arg-type]  # nobody asks for the event
            )
        )  # fmt: skip

    def fact(self, event: OutboxEvent, area: str, metric: str, ends: Any) -> None:  # Any: three whole numbers
        self.facts.append((area, metric, occurred_on(event), event.known_on, ends))


HANDLERS: dict[str, Callable[[OutboxFacts, OutboxEvent], None]] = {
    "recordings.captured": OutboxFacts.captured,
    "recordings.state_changed": OutboxFacts.stepped,
    "cards.printed": OutboxFacts.printed,
    "stock.moved": OutboxFacts.moved,
    "opening_balance.set": OutboxFacts.opened,
    "required_population.set": OutboxFacts.opened,
    "connectivity.changed": OutboxFacts.seen,
}


def occurred_on(event: OutboxEvent) -> date:
    return date.fromisoformat(event.data["occurred_on"])


def to_amount(told: dict[str, int]) -> Amount:
    return Amount(told["value"], told["low"], told["high"])


def act_keys_of(event: OutboxEvent) -> Iterator[str]:
    """The keys of the acts an event speaks of, as `Act.says` has them."""
    data = event.data
    match event.word:
        case "recordings.captured":
            yield from (f"captured {item['recording']}" for item in data["items"])
        case "recordings.state_changed":
            yield from (f"state {item['recording']} {data['state']}" for item in data["items"])
        case "stock.moved":
            yield f"posting {data['posting']}"
        case "cards.printed":
            yield f"run {data['run']}"
        case "connectivity.changed":
            yield f"seen {data['id']}"
        case word:
            metric = data.get("metric") or word.removesuffix(".set")
            yield f"opening {data['district']} {metric} {data['as_of']}"
