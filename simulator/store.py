"""Store: blanks asked for, granted in part, delivered in pieces and late; cards printed as long as there are any."""

from collections import Counter, deque
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from simulator.office import Office
from simulator.requests import Request, json_request
from simulator.tracked_recording import TrackedRecording

DAY = timedelta(days=1)
Json = dict[str, Any]  # Any: a JSON object
REPRINT_REASONS = ("damaged", "lost", "data_change", "move_in")
LINES_AT_MOST = 1_000  # of a run
COVER_DAYS, REORDER_DAYS, ASKED_DAYS = 5, 4, 12


class OpenRequisition:
    """What was asked for, and what is still to come of it, by day."""

    def __init__(self, id: str, asked: int) -> None:
        self.id, self.asked, self.granted, self.received, self.arrived = id, asked, 0, 0, 0
        self.plan: deque[tuple[date, str, int]] = deque()  # on, what, how many


class Store:
    def __init__(self, office: Office) -> None:
        self.office = office
        days = max(1, sum(day.weekday() < 5 for day in office.plan.calendar))
        self.daily = 10 + round(1.4 * office.recordings * office.plan.followed_percent / 100 / days)  # cards
        self.stock = self.daily * COVER_DAYS
        self.closing: dict[date, int] = {}
        self.ready: deque[TrackedRecording] = deque()
        self.arriving: list[TrackedRecording] = []  # print-ready today, printed tomorrow at the earliest
        self.requisition: OpenRequisition | None = None
        self.spoiled: tuple[date, str, int] | None = None
        self.backlog = 0  # of before: first cards that nobody has a record of

    def enqueue(self, record: TrackedRecording) -> None:
        self.arriving.append(record)

    def simulate_day(self, day: date) -> Iterator[Request]:
        self.ready.extend(self.arriving)
        self.arriving.clear()
        yield from self.handle_requisition(day)
        yield from self.write_off(day)
        if day.weekday() < 5:
            yield from self.print_today(day)
            yield from self.print_late(day)
        self.closing[day] = self.stock

    # --- supplies

    def handle_requisition(self, day: date) -> Iterator[Request]:
        if self.requisition is None and self.stock < self.daily * REORDER_DAYS:
            yield self.submit_requisition(day)
        asked = self.requisition
        while asked and asked.plan and asked.plan[0][0] <= day:
            _, what, pieces = asked.plan.popleft()
            yield from getattr(self, what)(day, asked, pieces)

    def submit_requisition(self, day: date) -> Request:
        office = self.office
        asked = -(-self.daily * ASKED_DAYS // 100) * 100
        self.requisition = OpenRequisition(office.new_id(), asked)
        answer = "reject" if office.chance(0.15) else "grant"
        granted = asked if office.chance(0.3) else asked // 2
        self.requisition.plan.append((day + (1 + office.rng.randrange(3)) * DAY, answer, granted))
        self.add_item_state(self.requisition, "submitted", day, asked=asked)
        return json_request(
            "blanks", "/v1/requisitions", id=self.requisition.id, district=office.district, supplier=self.supplier,
            asked=asked, submitted_on=day,
        )  # fmt: skip

    @property
    def supplier(self) -> str:
        """The province hands out, or the office fetches in Jakarta: every other one."""
        return self.office.district[:2] if int(self.office.district[3:]) % 2 else "00"

    def grant(self, day: date, asked: OpenRequisition, pieces: int) -> Iterator[Request]:
        """All or half; two deliveries, and a third now and then never comes."""
        rng = self.office.rng
        yield json_request("blanks", f"/v1/requisitions/{asked.id}/grant", pieces=pieces, occurred_on=day)
        asked.granted = pieces
        self.add_item_state(asked, "granted", day, granted=pieces)
        first, second = day + (1 + rng.randrange(3)) * DAY, day + (4 + rng.randrange(4)) * DAY
        asked.plan.append((first, "receive", pieces * 6 // 10))
        asked.plan.append((second, "receive", pieces - pieces * 6 // 10 if rng.random() < 0.8 else pieces // 5))
        asked.plan.append((second + DAY, "close", 0))

    def reject(self, day: date, asked: OpenRequisition, _: int) -> Iterator[Request]:
        """National shortage: asked again when the stock is looked at next."""
        reason = "No blanks at the centre before next month."
        yield json_request("blanks", f"/v1/requisitions/{asked.id}/rejection", occurred_on=day, reason=reason)
        self.add_item_state(asked, "rejected", day)
        self.requisition = None

    def receive(self, day: date, asked: OpenRequisition, pieces: int) -> Iterator[Request]:
        damaged = min(pieces - 1, self.office.rng.randrange(4))
        accepted = pieces - damaged
        yield json_request(
            "blanks", f"/v1/requisitions/{asked.id}/shipments", id=self.office.new_id(), store=self.office.store,
            occurred_on=day, accepted=accepted, damaged=damaged, document="Handover minutes",
        )  # fmt: skip
        asked.received, asked.arrived = asked.received + accepted, asked.arrived + pieces
        self.change_stock(day, accepted)
        self.office.facts.add(self.office.store, "blanks_received", day, accepted)
        state = "received" if asked.arrived >= asked.granted else "partly_received"
        self.add_item_state(asked, state, day, received=asked.received)

    def close(self, day: date, asked: OpenRequisition, _: int) -> Iterator[Request]:
        reason = "What is left does not come this quarter."
        yield json_request("blanks", f"/v1/requisitions/{asked.id}/closing", occurred_on=day, reason=reason)
        self.add_item_state(asked, "closed", day)
        self.requisition = None

    def add_item_state(self, about: OpenRequisition, state: str, day: date, **data: int) -> None:
        self.office.facts.add_item_state("requisition", about.id, self.office.district, state, day, data=data)

    # --- printing

    def print_today(self, day: date) -> Iterator[Request]:
        """Print-ready people first, the longest waiting; then cards of before; then lost and damaged ones."""
        office = self.office
        if self.stock == 0:
            return
        misprinted = min(self.stock - 1, office.rng.randrange(3)) if office.chance(0.3) else 0
        blanks = min(self.stock - misprinted, 2 * self.daily, LINES_AT_MOST)
        people = [self.ready.popleft() for _ in range(min(blanks, len(self.ready)))]
        blanks -= len(people)
        old = min(blanks // 2, self.backlog, self.daily // 4)
        reprints = self.reprints(min(blanks - old, self.daily // 4))
        lines = [*({"recording": record.id} for record in people), *reprints]
        lines += [{"area": office.store, "cards": old, "reason": "first_card"}] if old else []
        if not lines:
            return
        yield self.print_run(day, lines, misprinted)
        self.backlog -= old
        self.add_person_cards(day, people)
        self.add_counted_cards(day, lines, misprinted)
        office.facts.add(office.store, "printed_first", day, old)

    def print_late(self, day: date) -> Iterator[Request]:
        """A batch printed in a sub-district two days ago, told today; there were blanks enough all the time."""
        on = day - 2 * DAY
        least = min([self.stock, *(self.closing[each] for each in self.closing if each >= on)])
        if on <= self.office.first_day or least < 5 or not self.office.chance(0.1):
            return
        lines = self.reprints(min(least, 5))
        yield self.print_run(on, lines, 0)
        self.add_counted_cards(on, lines, 0)
        for each in self.closing:
            self.closing[each] -= sum(line["cards"] for line in lines) if each >= on else 0

    def reprints(self, most: int) -> list[Json]:
        office, lines = self.office, list[Json]()
        while most > 0 and len(lines) < len(REPRINT_REASONS):
            cards = min(most, 1 + office.rng.randrange(max(1, self.daily // 8)))
            reason = REPRINT_REASONS[len(lines)]
            lines.append({"area": office.any_subdistrict(), "cards": cards, "reason": reason})
            most -= cards
        return lines

    def print_run(self, on: date, lines: list[Json], misprinted: int) -> Request:
        return json_request(
            "blanks", "/v1/print-runs", id=self.office.new_id(), store=self.office.store, occurred_on=on, lines=lines,
            misprinted=misprinted,
        )  # fmt: skip

    def add_person_cards(self, day: date, people: list[TrackedRecording]) -> None:
        facts = self.office.facts
        for record in people:
            facts.move_recordings(record.area, "print_ready", "printed", max(day, record.moved_on))
            record.part, record.moved_on = "printed", max(day, record.moved_on)
        for area, cards in Counter(record.area for record in people).items():
            facts.add(area, "cards_printed", day, cards)
        self.change_stock(day, -len(people))

    def add_counted_cards(self, on: date, lines: list[Json], misprinted: int) -> None:
        used = misprinted
        for line in lines:
            if "cards" in line:
                self.office.facts.add(line["area"], "cards_printed", on, line["cards"])
                used += line["cards"]
        self.change_stock(on, -used)

    def change_stock(self, on: date, pieces: int) -> None:
        self.stock += pieces
        self.office.facts.add(self.office.store, "blank_stock", on, pieces)

    # --- what is lost

    def write_off(self, day: date) -> Iterator[Request]:
        """Faulty blanks are written off; half of the time they turn up again, and it is taken back."""
        office = self.office
        if self.spoiled is not None:
            on, id, pieces = self.spoiled
            self.spoiled = None
            reversal = {"id": office.new_id(), "reason": "Found behind the printer."}
            yield json_request("blanks", f"/v1/postings/{id}/reversal", **reversal)
            self.change_stock(on, pieces)
        elif self.stock > 10 and office.chance(0.05):
            pieces, id = 1 + office.rng.randrange(5), office.new_id()
            legs = [
                posting_leg(f"store:{office.store}", "out", pieces),
                posting_leg(f"spoiled:{office.district}", "in", pieces),
            ]
            yield json_request("blanks", "/v1/postings", id=id, occurred_on=day, legs=legs, reason="spoiled")
            self.change_stock(day, -pieces)
            if office.chance(0.5):
                self.spoiled = (day, id, pieces)
        elif self.stock > 10 and office.chance(0.05):
            yield from self.transfer_to_subdistrict(day)

    def transfer_to_subdistrict(self, day: date) -> Iterator[Request]:
        """A sub-district gets a few of its own: the district holds as many as before."""
        office, area = self.office, self.office.any_subdistrict()
        legs = [posting_leg(f"store:{office.store}", "out", 2), posting_leg(f"store:{area}", "in", 2)]
        yield json_request(
            "blanks", "/v1/postings", id=office.new_id(), occurred_on=day, legs=legs, reason="transferred"
        )
        self.change_stock(day, -2)
        office.facts.add(area, "blank_stock", day, 2)


def posting_leg(place: str, direction: str, pieces: int) -> Json:
    return {"place": place, "item": "blank", "direction": direction, "quantity": pieces}
