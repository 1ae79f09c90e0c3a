"""Store: blanks asked for, granted in part, delivered in pieces and late; cards printed as long as there are any."""

from collections import Counter, deque
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from simulator.office import Office
from simulator.record import Record
from simulator.requests import Request, thing

DAY = timedelta(days=1)
Json = dict[str, Any]  # Any: a JSON object
REPRINT_REASONS = ("damaged", "lost", "data_change", "move_in")
LINES_AT_MOST = 1_000  # of a run
COVER_DAYS, REORDER_DAYS, ASKED_DAYS = 5, 4, 12


class Requisition:
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
        self.ready: deque[Record] = deque()
        self.arriving: list[Record] = []  # print-ready today, printed tomorrow at the earliest
        self.requisition: Requisition | None = None
        self.spoiled: tuple[date, str, int] | None = None
        self.backlog = 0  # of before: first cards that nobody has a record of

    def queue(self, record: Record) -> None:
        self.arriving.append(record)

    def live(self, day: date) -> Iterator[Request]:
        self.ready.extend(self.arriving)
        self.arriving.clear()
        yield from self.supplies(day)
        yield from self.spoil(day)
        if day.weekday() < 5:
            yield from self.run(day)
            yield from self.late_run(day)
        self.closing[day] = self.stock

    # --- supplies

    def supplies(self, day: date) -> Iterator[Request]:
        if self.requisition is None and self.stock < self.daily * REORDER_DAYS:
            yield self.ask(day)
        asked = self.requisition
        while asked and asked.plan and asked.plan[0][0] <= day:
            _, what, pieces = asked.plan.popleft()
            yield from getattr(self, what)(day, asked, pieces)

    def ask(self, day: date) -> Request:
        office = self.office
        asked = -(-self.daily * ASKED_DAYS // 100) * 100
        self.requisition = Requisition(office.new_id(), asked)
        answer = "reject" if office.chance(0.15) else "grant"
        granted = asked if office.chance(0.3) else asked // 2
        self.requisition.plan.append((day + (1 + office.dice.randrange(3)) * DAY, answer, granted))
        self.says(self.requisition, "submitted", day, asked=asked)
        return thing(
            "blanks", "/v1/requisitions", id=self.requisition.id, district=office.district, supplier=self.supplier,
            asked=asked, submitted_on=day,
        )  # fmt: skip

    @property
    def supplier(self) -> str:
        """The province hands out, or the office fetches in Jakarta: every other one."""
        return self.office.district[:2] if int(self.office.district[3:]) % 2 else "00"

    def grant(self, day: date, asked: Requisition, pieces: int) -> Iterator[Request]:
        """All or half; two deliveries, and a third now and then never comes."""
        dice = self.office.dice
        yield thing("blanks", f"/v1/requisitions/{asked.id}/grant", pieces=pieces, occurred_on=day)
        asked.granted = pieces
        self.says(asked, "granted", day, granted=pieces)
        first, second = day + (1 + dice.randrange(3)) * DAY, day + (4 + dice.randrange(4)) * DAY
        asked.plan.append((first, "receive", pieces * 6 // 10))
        asked.plan.append((second, "receive", pieces - pieces * 6 // 10 if dice.random() < 0.8 else pieces // 5))
        asked.plan.append((second + DAY, "close", 0))

    def reject(self, day: date, asked: Requisition, _: int) -> Iterator[Request]:
        """National shortage: asked again when the stock is looked at next."""
        reason = "No blanks at the centre before next month."
        yield thing("blanks", f"/v1/requisitions/{asked.id}/rejection", occurred_on=day, reason=reason)
        self.says(asked, "rejected", day)
        self.requisition = None

    def receive(self, day: date, asked: Requisition, pieces: int) -> Iterator[Request]:
        damaged = min(pieces - 1, self.office.dice.randrange(4))
        accepted = pieces - damaged
        yield thing(
            "blanks", f"/v1/requisitions/{asked.id}/shipments", id=self.office.new_id(), store=self.office.store,
            occurred_on=day, accepted=accepted, damaged=damaged, document="Handover minutes",
        )  # fmt: skip
        asked.received, asked.arrived = asked.received + accepted, asked.arrived + pieces
        self.change(day, accepted)
        self.office.account.add(self.office.store, "blanks_received", day, accepted)
        state = "received" if asked.arrived >= asked.granted else "partly_received"
        self.says(asked, state, day, received=asked.received)

    def close(self, day: date, asked: Requisition, _: int) -> Iterator[Request]:
        reason = "What is left does not come this quarter."
        yield thing("blanks", f"/v1/requisitions/{asked.id}/closing", occurred_on=day, reason=reason)
        self.says(asked, "closed", day)
        self.requisition = None

    def says(self, about: Requisition, state: str, day: date, **said: int) -> None:
        self.office.account.says("requisition", about.id, self.office.district, state, day, said=said)

    # --- printing

    def run(self, day: date) -> Iterator[Request]:
        """Print-ready people first, the longest waiting; then cards of before; then lost and damaged ones."""
        office = self.office
        if self.stock == 0:
            return
        misprinted = min(self.stock - 1, office.dice.randrange(3)) if office.chance(0.3) else 0
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
        self.note_people(day, people)
        self.note_cards(day, lines, misprinted)
        office.account.add(office.store, "printed_first", day, old)

    def late_run(self, day: date) -> Iterator[Request]:
        """A batch printed in a sub-district two days ago, told today; there were blanks enough all the time."""
        on = day - 2 * DAY
        least = min([self.stock, *(self.closing[each] for each in self.closing if each >= on)])
        if on <= self.office.first or least < 5 or not self.office.chance(0.1):
            return
        lines = self.reprints(min(least, 5))
        yield self.print_run(on, lines, 0)
        self.note_cards(on, lines, 0)
        for each in self.closing:
            self.closing[each] -= sum(line["cards"] for line in lines) if each >= on else 0

    def reprints(self, most: int) -> list[Json]:
        office, lines = self.office, list[Json]()
        while most > 0 and len(lines) < len(REPRINT_REASONS):
            cards = min(most, 1 + office.dice.randrange(max(1, self.daily // 8)))
            reason = REPRINT_REASONS[len(lines)]
            lines.append({"area": office.any_subdistrict(), "cards": cards, "reason": reason})
            most -= cards
        return lines

    def print_run(self, on: date, lines: list[Json], misprinted: int) -> Request:
        return thing(
            "blanks", "/v1/print-runs", id=self.office.new_id(), store=self.office.store, occurred_on=on, lines=lines,
            misprinted=misprinted,
        )  # fmt: skip

    def note_people(self, day: date, people: list[Record]) -> None:
        account = self.office.account
        for record in people:
            account.moved(record.area, "print_ready", "printed", max(day, record.moved_on))
            record.part, record.moved_on = "printed", max(day, record.moved_on)
        for area, cards in Counter(record.area for record in people).items():
            account.add(area, "cards_printed", day, cards)
        self.change(day, -len(people))

    def note_cards(self, on: date, lines: list[Json], misprinted: int) -> None:
        used = misprinted
        for line in lines:
            if "cards" in line:
                self.office.account.add(line["area"], "cards_printed", on, line["cards"])
                used += line["cards"]
        self.change(on, -used)

    def change(self, on: date, pieces: int) -> None:
        self.stock += pieces
        self.office.account.add(self.office.store, "blank_stock", on, pieces)

    # --- what is lost

    def spoil(self, day: date) -> Iterator[Request]:
        """Faulty blanks are written off; half of the time they turn up again, and it is taken back."""
        office = self.office
        if self.spoiled is not None:
            on, id, pieces = self.spoiled
            self.spoiled = None
            reversal = {"id": office.new_id(), "reason": "Found behind the printer."}
            yield thing("blanks", f"/v1/postings/{id}/reversal", **reversal)
            self.change(on, pieces)
        elif self.stock > 10 and office.chance(0.05):
            pieces, id = 1 + office.dice.randrange(5), office.new_id()
            legs = [
                leg(f"store:{office.store}", "out", pieces),
                leg(f"spoiled:{office.district}", "in", pieces),
            ]
            yield thing("blanks", "/v1/postings", id=id, occurred_on=day, legs=legs, reason="spoiled")
            self.change(day, -pieces)
            if office.chance(0.5):
                self.spoiled = (day, id, pieces)
        elif self.stock > 10 and office.chance(0.05):
            yield from self.hand_out(day)

    def hand_out(self, day: date) -> Iterator[Request]:
        """A sub-district gets a few of its own: the district holds as many as before."""
        office, area = self.office, self.office.any_subdistrict()
        legs = [leg(f"store:{office.store}", "out", 2), leg(f"store:{area}", "in", 2)]
        yield thing("blanks", "/v1/postings", id=office.new_id(), occurred_on=day, legs=legs, reason="transferred")
        self.change(day, -2)
        office.account.add(area, "blank_stock", day, 2)


def leg(place: str, direction: str, pieces: int) -> Json:
    return {"place": place, "item": "blank", "direction": direction, "quantity": pieces}
