"""Account: what the outboxes say, as plain facts for the oracle; read by no code of the fold.

Whoever adds a kind of act to the load says here what its event means; an event nobody explained is an error.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from shared.base.amounts import Amount
from shared.events import recording
from tests.oracle.world import Document, Record, Row, local_day


class Said(NamedTuple):
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


class Account:
    """The plain facts behind a list of events: the five lists that `tests.oracle.plain` reads of a world."""

    def __init__(self, events: Iterable[Said]) -> None:
        self.records: list[Record] = []
        self.facts: list[tuple[str, str, date, date, tuple[int, int, int]]] = []
        self.documents: list[Document] = []
        self.rows: list[Row] = []
        self.said: list[Any] = []  # statements; the load makes none
        self.by_id: dict[str, Record] = {}
        for said in sorted(events, key=lambda each: (each.service, each.partition, each.seq)):
            MEANINGS[said.word](self, said)

    def captured(self, said: Said) -> None:
        for item in said.data["items"]:
            day = date.fromisoformat(item["captured_on"])
            captured = recording.CapturedItem(
                recording=UUID(item["recording"]), area=item["area"], captured_on=day, early=item.get("early", False)
            )
            record = Record(captured.recording, said.data["district"], captured, said.known_on)
            self.by_id[item["recording"]] = record
            self.records.append(record)

    def stepped(self, said: Said) -> None:
        for item in said.data["items"]:
            record = self.by_id[item["recording"]]
            record.part = said.data["entered"]
            record.path.append((day_of(said), said.known_on, item["area"], record.part))

    def printed(self, said: Said) -> None:
        used = said.data.get("misprinted", 0) + sum(line["cards"] for line in said.data["lines"])
        self.fact(said, said.data["store"], "blank_stock", (-used,) * 3)
        for line in said.data["lines"]:
            self.fact(said, line["area"], "cards_printed", (line["cards"],) * 3)
            if line["first"] and not line.get("recordings"):
                self.fact(said, line["area"], "printed_first", (line["cards"],) * 3)

    def moved(self, said: Said) -> None:
        assert not said.data.get("reverses"), "the load reverses nothing"
        for leg in said.data["legs"]:
            pieces = tuple(leg["pieces"][end] for end in ("value", "low", "high"))
            if leg.get("area"):
                self.fact(said, leg["area"], "blank_stock", pieces)
                if said.data["reason"] == "received" and pieces[0] > 0:
                    self.fact(said, leg["area"], "blanks_received", pieces)

    def opened(self, said: Said) -> None:
        data = said.data
        metric = data.get("metric") or said.word.removesuffix(".set")
        lines = {line["area"]: amount_of(line["amount"]) for line in data["lines"]}
        as_of = date.fromisoformat(data["as_of"])
        self.documents.append(
            Document(data["district"], metric, data.get("basis", ""), as_of, lines, said.seq, said.known_on)
        )

    def seen(self, said: Said) -> None:
        data = said.data
        self.rows.append(
            Row(
                "connection", data["area"], data["district"], data["area"], data["state"], day_of(said), None, 0,
                data.get("taken_back", False), said.seq, said.known_on, None,  # type: ignore[arg-type]  # nobody asks for the event
            )
        )  # fmt: skip

    def fact(self, said: Said, area: str, metric: str, ends: Any) -> None:  # Any: three whole numbers
        self.facts.append((area, metric, day_of(said), said.known_on, ends))


MEANINGS: dict[str, Callable[[Account, Said], None]] = {
    "recordings.captured": Account.captured,
    "recordings.state_changed": Account.stepped,
    "cards.printed": Account.printed,
    "stock.moved": Account.moved,
    "opening_balance.set": Account.opened,
    "required_population.set": Account.opened,
    "connectivity.changed": Account.seen,
}


def day_of(said: Said) -> date:
    return date.fromisoformat(said.data["occurred_on"])


def amount_of(told: dict[str, int]) -> Amount:
    return Amount(told["value"], told["low"], told["high"])


def speaks_of(said: Said) -> Iterator[str]:
    """The keys of the acts an event speaks of, as `Act.says` has them."""
    data = said.data
    match said.word:
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
