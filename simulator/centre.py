"""Centre: what becomes of each recording that is followed: sent, answered by the thousand, failed, mended, deleted."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

from simulator.office import Office
from simulator.record import Record
from simulator.requests import Answer, Request, answers, thing
from simulator.store import Store

DAY = timedelta(days=1)
OUTCOMES = ("PRR", "EFAC", "DUP", "ADJUDICATE_RECORD", "SEARCH_FAILURE_AT_CENTRAL", "REQUEST_VALIDATION")
WEIGHTS = (92, 2.5, 2, 1, 1.5, 1)
DAYS_TO_ANSWER, DAY_WEIGHTS = (1, 2, 4, 9), (70, 20, 8, 2)
MENDED = {  # what the office does about an outcome, and when
    "EFAC": ("resent", 2),
    "SEARCH_FAILURE_AT_CENTRAL": ("resent", 1),
    "DUP": ("deletion_requested", 1),
    "ADJUDICATE_RECORD": ("answered", 3),
    "REQUEST_VALIDATION": ("answered", 2),
}
PART_AFTER = {"resent": "in_transit", "deletion_requested": "failed", "deleted": "gone", "held": "held"}


class Centre:
    """deleted: records whose holders come to the desk once more."""

    def __init__(self, office: Office, store: Store) -> None:
        self.office, self.store = office, store
        self.deleted: list[Record] = []
        self.due: dict[date, list[tuple[str, Record]]] = defaultdict(list)

    def follow(self, record: Record, day: date) -> None:
        self.due[day + DAY].append(("sent", record))

    def live(self, day: date) -> Iterator[Request]:
        """In a cut everything waits, and comes at once when it is over."""
        if self.office.is_cut_off(day):
            return
        due = [each for on in sorted(on for on in self.due if on <= day) for each in self.due.pop(on)]
        yield from answers(self.sendings(day, [record for what, record in due if what == "sent"]))
        yield from answers([self.outcome(day, what, one) for what, one in due if what in ("asked", "answered")])
        for what, record in due:
            if what not in ("sent", "asked", "answered"):
                yield from self.step(day, what, record)
        if self.office.chance(0.3):
            yield from self.move_house(day)

    def sendings(self, day: date, records: list[Record]) -> list[Answer]:
        """Packed, and sent: two answers each, the packing of all before the sending of all."""
        office, packed, sent = self.office, [], []
        for record in records:
            packed.append(Answer(office.new_id(), record.nik, "PROCESSING", day.isoformat()))
            sent.append(Answer(office.new_id(), record.nik, "SFE", day.isoformat()))
            self.enter(record, "in_transit", day)
            [days] = office.dice.choices(DAYS_TO_ANSWER, DAY_WEIGHTS)
            self.due[day + days * DAY].append(("asked", record))
        return packed + sent

    def outcome(self, day: date, what: str, record: Record) -> Answer:
        """Told today, and by one in ten as of yesterday. Who was asked about once more is single."""
        office = self.office
        code = office.dice.choices(OUTCOMES, WEIGHTS)[0] if what == "asked" else "PRR"
        on = max(record.moved_on, day - DAY) if office.chance(0.1) else day
        self.enter(record, "print_ready" if code == "PRR" else "failed", on)
        if code == "PRR":
            self.ready(day, record)
        else:
            step, days = MENDED[code]
            self.due[day + days * DAY].append((step, record))
        return Answer(office.new_id(), record.nik, code, on.isoformat())

    def ready(self, day: date, record: Record) -> None:
        if self.office.chance(0.03):
            self.due[day + DAY].append(("held", record))
        else:
            self.store.queue(record)

    def step(self, day: date, what: str, record: Record) -> Iterator[Request]:
        """What the office itself says of one record."""
        state = "print_ready" if what == "released" else what
        yield self.told(record, state, day)
        if what == "released":
            self.enter(record, "print_ready", day)
            self.store.queue(record)
            return
        self.enter(record, PART_AFTER[what], day)
        if what == "resent":
            self.due[day + 2 * DAY].append(("answered", record))
        elif what == "held":
            self.due[day + 4 * DAY].append(("released", record))
        elif what == "deletion_requested":
            self.due[day + 2 * DAY].append(("deleted", record))
        else:
            self.deleted.append(record)

    def told(self, record: Record, state: str, day: date) -> Request:
        step = {"id": self.office.new_id(), "state": state, "occurred_on": day}
        return thing("recording", f"/v1/recordings/{record.id}/states", **step)

    def move_house(self, day: date) -> Iterator[Request]:
        """A holder whose record is in transit moves, now and then into another district."""
        moving = [record for on in sorted(self.due) for what, record in self.due[on] if what == "asked"]
        if not moving:
            return
        office, record = self.office, moving[0]
        area = office.dice.choice(office.neighbours if office.chance(0.3) else office.subdistricts)
        if area == record.area:
            return
        move = {"id": office.new_id(), "area": area, "occurred_on": day}
        yield thing("recording", f"/v1/recordings/{record.id}/residences", **move)
        office.account.moved_house(record.area, area, record.part, day)
        record.area, record.moved_on = area, day

    def enter(self, record: Record, part: str, on: date) -> None:
        self.office.account.moved(record.area, record.part, part, on)
        record.part, record.moved_on = part, on
