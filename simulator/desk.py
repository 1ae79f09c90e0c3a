"""Desk: people are recorded, at the counter, on outreach, on devices without a line; what is sent, late or twice."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from simulator.centre import Centre
from simulator.office import Office
from simulator.record import Record
from simulator.requests import Capture, Request, capture, thing, upload

OUTREACH_SHARE, OFFLINE_SHARE = 0.3, 0.1
AGAIN_AT_MOST = 500
SPARE = 3  # of each batch, followed by nobody: some are taken back, one is recorded twice
DAY = timedelta(days=1)


class Batch(NamedTuple):
    """Recordings of one day that go to Rekap together. due_on: the day they are sent, unless the line is cut."""

    captured_on: date
    due_on: date
    captures: list[Capture]


class Desk:
    def __init__(self, office: Office, centre: Centre) -> None:
        self.office, self.centre = office, centre
        self.waiting: list[Batch] = []
        self.sent: Sequence[Capture] = ()  # of the last upload
        self.wrong: list[tuple[date, Capture]] = []  # to be taken back
        self.known: Capture | None = None  # somebody who stays recorded
        self.early: list[tuple[date, Capture]] = []  # by birthday
        self.numbers: Counter[str] = Counter()  # of each device

    def live(self, day: date) -> Iterator[Request]:
        office = self.office
        yield from self.take_back(day)
        yield from self.birthdays(day)
        number = office.volumes[day]
        if number and not office.is_cut_off(day):
            yield from self.capture_one(day)
            number -= 1
        self.waiting += [*self.record(day, number), *self.record_again(day)]
        yield from self.send(day)
        if office.chance(0.1) and day + 40 * DAY > office.last:
            yield from self.capture_early(day)

    def record(self, day: date, number: int) -> Iterator[Batch]:
        """The day's work by the way it travels: at once, after the visit, when the device comes home."""
        office = self.office
        visits = office.chance(0.2) or day.weekday() >= 5
        outreach = int(number * (OUTREACH_SHARE if day.weekday() < 5 else 1)) if visits else 0
        offline = int((number - outreach) * OFFLINE_SHARE)
        ways = (
            ("office", number - outreach - offline, 0),
            ("outreach", outreach, 1 + office.dice.randrange(3)),
            ("offline", offline, 2 + office.dice.randrange(6)),
        )
        for way, some, days in ways:
            if some:
                yield Batch(day, day + days * DAY, self.captures(day, way, some))

    def captures(self, day: date, way: str, number: int) -> list[Capture]:
        office, dice = self.office, self.office.dice.random
        mode = "outreach" if way == "outreach" else "office"
        served = office.any_subdistrict()
        instants, areas = office.instants(day, mode), office.subdistricts
        device = None if way == "office" else f"{way} {served}"
        found = []
        for turn in range(number):
            home = areas[int(dice() * len(areas))] if way != "outreach" else served
            if turn % 97 == 96:  # a visitor, or somebody whose sub-district is not known
                home = office.neighbours[int(dice() * len(office.neighbours))] if turn % 2 else office.store
            one = Capture(
                office.new_id(), office.district, office.people.adult(), instants[turn % len(instants)], mode,
                f"{served} kit 1", served, home, device,
            )  # fmt: skip
            if device:
                self.numbers[device] += 1
                one.device_number = self.numbers[device]
            found.append(one)
        return found

    def send(self, day: date) -> Iterator[Request]:
        """What is due, in one upload; on the last day all devices come home. After an outage it is days of work."""
        office = self.office
        if office.is_cut_off(day) and day != office.last:
            return
        due = [batch for batch in self.waiting if batch.due_on <= day or day == office.last]
        if not due:
            return
        self.waiting = [batch for batch in self.waiting if batch not in due]
        captures = [one for batch in due for one in batch.captures]
        twice = [self.same_person_again()] if self.known and office.chance(0.1) else []
        yield from upload(captures + twice, refused=len(twice))
        for batch in due:
            self.note(batch, day)
        self.sent = captures
        if office.chance(0.15):  # nobody knew whether it had arrived
            yield from upload(captures[:AGAIN_AT_MOST], new=False)

    def note(self, batch: Batch, day: date) -> None:
        office, captures = self.office, batch.captures
        for area, number in Counter(one.residence_area for one in captures).items():
            office.account.captured(area, batch.captured_on, number)
        followed = int((len(captures) - SPARE) * office.plan.followed_percent / 100)
        for one in captures[: max(0, followed)]:
            self.centre.follow(Record(one.id, one.nik, one.residence_area, batch.captured_on), day)
        if len(captures) > SPARE:
            self.known = captures[-1]
            if office.chance(0.3):
                self.wrong.append((batch.captured_on, captures[-2]))

    def same_person_again(self) -> Capture:
        """Somebody who is recorded comes to another kit."""
        assert self.known is not None
        known = self.known
        return Capture(
            self.office.new_id(), known.district, known.nik, known.captured_at, "home", "kit 2", known.served_area,
            known.residence_area,
        )  # fmt: skip

    def capture_one(self, day: date) -> Iterator[Request]:
        """Somebody at the counter, sent singly."""
        [one] = self.captures(day, "office", 1)
        yield capture(one)
        self.note(Batch(day, day, [one]), day)

    def take_back(self, day: date) -> Iterator[Request]:
        """Recordings that were never made; said a day later, dated the day they wrongly said."""
        taken, self.wrong = self.wrong, []
        for captured_on, one in taken:
            yield thing("recording", f"/v1/recordings/{one.id}/reversal", reason="Made on the training set by mistake.")
            self.office.account.captured(one.residence_area, captured_on, -1)

    def record_again(self, day: date) -> Iterator[Batch]:
        """Whose recording the centre deleted yesterday comes in again."""
        office, deleted = self.office, self.centre.deleted
        self.centre.deleted = []
        for record in deleted:
            home = record.area if record.area[:5] == office.district else office.subdistricts[0]
            one = Capture(
                office.new_id(), office.district, record.nik, office.instants(day, "office")[0], "office", "kit 2",
                office.subdistricts[0], home,
            )  # fmt: skip
            yield Batch(day, day, [one])

    def capture_early(self, day: date) -> Iterator[Request]:
        """A pupil of 16 at school. Some turn 17 while we look, most do not."""
        office = self.office
        soon = day + (2 + office.dice.randrange(10)) * DAY
        birthday = soon if office.chance(0.5) else office.last + 90 * DAY
        if office.last < birthday <= office.last + 30 * DAY or (birthday.month, birthday.day) == (2, 29):
            return  # between the two nobody could say on which day it became known
        [one] = self.captures(day, "office", 1)
        one.nik, one.early = office.people.turning_17(birthday), True
        yield capture(one)
        office.account.add(one.residence_area, "early", day, 1)
        if birthday <= office.last:
            self.early.append((birthday, one))

    def birthdays(self, day: date) -> Iterator[Request]:
        """On the day itself a step is told, so that it is known that day that they count from now on."""
        for birthday, one in [each for each in self.early if each[0] == day]:
            step = {"id": self.office.new_id(), "state": "queued", "occurred_on": birthday}
            yield thing("recording", f"/v1/recordings/{one.id}/states", **step)
            self.office.account.add(one.residence_area, "early", birthday, -1)
            self.office.account.captured(one.residence_area, birthday)
