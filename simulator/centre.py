"""Centre: what becomes of each recording that is followed: sent, answered by the thousand, failed, mended, deleted."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

from simulator.office import Office
from simulator.requests import CentreAnswer, Request, centre_answer_requests, json_request
from simulator.store import Store
from simulator.tracked_recording import TrackedRecording

DAY = timedelta(days=1)
OUTCOMES = ("PRR", "EFAC", "DUP", "ADJUDICATE_RECORD", "SEARCH_FAILURE_AT_CENTRAL", "REQUEST_VALIDATION")
WEIGHTS = (92, 2.5, 2, 1, 1.5, 1)
DAYS_TO_ANSWER, DAY_WEIGHTS = (1, 2, 4, 9), (70, 20, 8, 2)
OFFICE_REACTIONS = {  # what the office does about an outcome, and when
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
        self.deleted: list[TrackedRecording] = []
        self.due: dict[date, list[tuple[str, TrackedRecording]]] = defaultdict(list)

    def follow(self, record: TrackedRecording, day: date) -> None:
        self.due[day + DAY].append(("sent", record))

    def simulate_day(self, day: date) -> Iterator[Request]:
        """In a cut everything waits, and comes at once when it is over."""
        if self.office.is_cut_off(day):
            return
        due = [each for on in sorted(on for on in self.due if on <= day) for each in self.due.pop(on)]
        yield from centre_answer_requests(self.pack_and_send(day, [record for what, record in due if what == "sent"]))
        yield from centre_answer_requests(
            [self.centre_answer(day, what, one) for what, one in due if what in ("asked", "answered")]
        )
        for what, record in due:
            if what not in ("sent", "asked", "answered"):
                yield from self.office_step(day, what, record)
        if self.office.chance(0.3):
            yield from self.move_residence(day)

    def pack_and_send(self, day: date, records: list[TrackedRecording]) -> list[CentreAnswer]:
        """Packed, and sent: two answers each, the packing of all before the sending of all."""
        office, packed, sent = self.office, [], []
        for record in records:
            packed.append(CentreAnswer(office.new_id(), record.nik, "PROCESSING", day.isoformat()))
            sent.append(CentreAnswer(office.new_id(), record.nik, "SFE", day.isoformat()))
            self.enter_part(record, "in_transit", day)
            [days] = office.rng.choices(DAYS_TO_ANSWER, DAY_WEIGHTS)
            self.due[day + days * DAY].append(("asked", record))
        return packed + sent

    def centre_answer(self, day: date, what: str, record: TrackedRecording) -> CentreAnswer:
        """Told today, and by one in ten as of yesterday. Who was asked about once more is single."""
        office = self.office
        code = office.rng.choices(OUTCOMES, WEIGHTS)[0] if what == "asked" else "PRR"
        on = max(record.moved_on, day - DAY) if office.chance(0.1) else day
        self.enter_part(record, "print_ready" if code == "PRR" else "failed", on)
        if code == "PRR":
            self.mark_print_ready(day, record)
        else:
            step, days = OFFICE_REACTIONS[code]
            self.due[day + days * DAY].append((step, record))
        return CentreAnswer(office.new_id(), record.nik, code, on.isoformat())

    def mark_print_ready(self, day: date, record: TrackedRecording) -> None:
        if self.office.chance(0.03):
            self.due[day + DAY].append(("held", record))
        else:
            self.store.enqueue(record)

    def office_step(self, day: date, what: str, record: TrackedRecording) -> Iterator[Request]:
        """What the office itself says of one record."""
        state = "print_ready" if what == "released" else what
        yield self.state_request(record, state, day)
        if what == "released":
            self.enter_part(record, "print_ready", day)
            self.store.enqueue(record)
            return
        self.enter_part(record, PART_AFTER[what], day)
        if what == "resent":
            self.due[day + 2 * DAY].append(("answered", record))
        elif what == "held":
            self.due[day + 4 * DAY].append(("released", record))
        elif what == "deletion_requested":
            self.due[day + 2 * DAY].append(("deleted", record))
        else:
            self.deleted.append(record)

    def state_request(self, record: TrackedRecording, state: str, day: date) -> Request:
        step = {"id": self.office.new_id(), "state": state, "occurred_on": day}
        return json_request("recording", f"/v1/recordings/{record.id}/states", **step)

    def move_residence(self, day: date) -> Iterator[Request]:
        """A holder whose record is in transit moves, now and then into another district."""
        moving = [record for on in sorted(self.due) for what, record in self.due[on] if what == "asked"]
        if not moving:
            return
        office, record = self.office, moving[0]
        area = office.rng.choice(office.neighbours if office.chance(0.3) else office.subdistricts)
        if area == record.area:
            return
        move = {"id": office.new_id(), "area": area, "occurred_on": day}
        yield json_request("recording", f"/v1/recordings/{record.id}/residences", **move)
        office.facts.move_residence(record.area, area, record.part, day)
        record.area, record.moved_on = area, day

    def enter_part(self, record: TrackedRecording, part: str, on: date) -> None:
        self.office.facts.move_recordings(record.area, record.part, part, on)
        record.part, record.moved_on = part, on
