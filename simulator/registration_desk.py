"""Registration desk: people are recorded, at the counter, on outreach, offline; sent at once, late or twice."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from simulator.centre import Centre
from simulator.office import Office
from simulator.requests import Capture, Request, capture_request, json_request, upload_requests
from simulator.tracked_recording import TrackedRecording

OUTREACH_SHARE, OFFLINE_SHARE = 0.3, 0.1
RESENT_AT_MOST = 500
UNFOLLOWED_OF_BATCH = 3  # of each batch, followed by nobody: some are taken back, one is recorded twice
DAY = timedelta(days=1)


class CaptureBatch(NamedTuple):
    """Recordings of one day that go to Rekap together. due_on: the day they are sent, unless the line is cut."""

    captured_on: date
    due_on: date
    captures: list[Capture]


class RegistrationDesk:
    def __init__(self, office: Office, centre: Centre) -> None:
        self.office, self.centre = office, centre
        self.waiting: list[CaptureBatch] = []
        self.sent: Sequence[Capture] = ()  # of the last upload
        self.to_reverse: list[tuple[date, Capture]] = []  # to be taken back
        self.known_capture: Capture | None = None  # somebody who stays recorded
        self.early: list[tuple[date, Capture]] = []  # by birthday
        self.numbers: Counter[str] = Counter()  # of each device

    def simulate_day(self, day: date) -> Iterator[Request]:
        office = self.office
        yield from self.reverse_wrong(day)
        yield from self.come_of_age(day)
        number = office.recordings_by_day[day]
        if number and not office.is_cut_off(day):
            yield from self.capture_one(day)
            number -= 1
        self.waiting += [*self.capture_batches(day, number), *self.recapture_deleted(day)]
        yield from self.send_due(day)
        if office.chance(0.1) and day + 40 * DAY > office.last_day:
            yield from self.capture_early(day)

    def capture_batches(self, day: date, number: int) -> Iterator[CaptureBatch]:
        """The day's work by the way it travels: at once, after the visit, when the device comes home."""
        office = self.office
        visits = office.chance(0.2) or day.weekday() >= 5
        outreach = int(number * (OUTREACH_SHARE if day.weekday() < 5 else 1)) if visits else 0
        offline = int((number - outreach) * OFFLINE_SHARE)
        ways = (
            ("office", number - outreach - offline, 0),
            ("outreach", outreach, 1 + office.rng.randrange(3)),
            ("offline", offline, 2 + office.rng.randrange(6)),
        )
        for way, some, days in ways:
            if some:
                yield CaptureBatch(day, day + days * DAY, self.captures(day, way, some))

    def captures(self, day: date, way: str, number: int) -> list[Capture]:
        office, rng = self.office, self.office.rng.random
        mode = "outreach" if way == "outreach" else "office"
        served = office.any_subdistrict()
        instants, areas = office.instants(day, mode), office.subdistricts
        device = None if way == "office" else f"{way} {served}"
        found = []
        for turn in range(number):
            home = areas[int(rng() * len(areas))] if way != "outreach" else served
            if turn % 97 == 96:  # a visitor, or somebody whose sub-district is not known
                home = office.neighbours[int(rng() * len(office.neighbours))] if turn % 2 else office.store
            capture = Capture(
                office.new_id(), office.district, office.people.next_adult_nik(), instants[turn % len(instants)], mode,
                f"{served} kit 1", served, home, device,
            )  # fmt: skip
            if device:
                self.numbers[device] += 1
                capture.device_number = self.numbers[device]
            found.append(capture)
        return found

    def send_due(self, day: date) -> Iterator[Request]:
        """What is due, in one upload; on the last day all devices come home. After an outage it is days of work."""
        office = self.office
        if office.is_cut_off(day) and day != office.last_day:
            return
        due = [batch for batch in self.waiting if batch.due_on <= day or day == office.last_day]
        if not due:
            return
        self.waiting = [batch for batch in self.waiting if batch not in due]
        captures = [capture for batch in due for capture in batch.captures]
        twice = [self.same_person_again()] if self.known_capture and office.chance(0.1) else []
        yield from upload_requests(captures + twice, refused=len(twice))
        for batch in due:
            self.add_batch_facts(batch, day)
        self.sent = captures
        if office.chance(0.15):  # nobody knew whether it had arrived
            yield from upload_requests(captures[:RESENT_AT_MOST], new=False)

    def add_batch_facts(self, batch: CaptureBatch, day: date) -> None:
        office, captures = self.office, batch.captures
        for area, number in Counter(capture.residence_area for capture in captures).items():
            office.facts.add_recordings(area, batch.captured_on, number)
        followed = int((len(captures) - UNFOLLOWED_OF_BATCH) * office.plan.followed_percent / 100)
        for capture in captures[: max(0, followed)]:
            self.centre.follow(
                TrackedRecording(capture.id, capture.nik, capture.residence_area, batch.captured_on), day
            )
        if len(captures) > UNFOLLOWED_OF_BATCH:
            self.known_capture = captures[-1]
            if office.chance(0.3):
                self.to_reverse.append((batch.captured_on, captures[-2]))

    def same_person_again(self) -> Capture:
        """Somebody who is recorded comes to another kit."""
        assert self.known_capture is not None
        known = self.known_capture
        return Capture(
            self.office.new_id(), known.district, known.nik, known.captured_at, "home", "kit 2", known.served_area,
            known.residence_area,
        )  # fmt: skip

    def capture_one(self, day: date) -> Iterator[Request]:
        """Somebody at the counter, sent singly."""
        [capture] = self.captures(day, "office", 1)
        yield capture_request(capture)
        self.add_batch_facts(CaptureBatch(day, day, [capture]), day)

    def reverse_wrong(self, day: date) -> Iterator[Request]:
        """Recordings that were never made; said a day later, dated the day they wrongly said."""
        taken, self.to_reverse = self.to_reverse, []
        for captured_on, capture in taken:
            yield json_request(
                "recording", f"/v1/recordings/{capture.id}/reversal", reason="Made on the training set by mistake."
            )
            self.office.facts.add_recordings(capture.residence_area, captured_on, -1)

    def recapture_deleted(self, day: date) -> Iterator[CaptureBatch]:
        """Whose recording the centre deleted yesterday comes in again."""
        office, deleted = self.office, self.centre.deleted
        self.centre.deleted = []
        for record in deleted:
            home = record.area if record.area[:5] == office.district else office.subdistricts[0]
            capture = Capture(
                office.new_id(), office.district, record.nik, office.instants(day, "office")[0], "office", "kit 2",
                office.subdistricts[0], home,
            )  # fmt: skip
            yield CaptureBatch(day, day, [capture])

    def capture_early(self, day: date) -> Iterator[Request]:
        """A pupil of 16 at school. Some turn 17 while we look, most do not."""
        office = self.office
        soon = day + (2 + office.rng.randrange(10)) * DAY
        birthday = soon if office.chance(0.5) else office.last_day + 90 * DAY
        if office.last_day < birthday <= office.last_day + 30 * DAY or (birthday.month, birthday.day) == (2, 29):
            return  # between the two nobody could say on which day it became known
        [capture] = self.captures(day, "office", 1)
        capture.nik, capture.early = office.people.next_nik_turning_17(birthday), True
        yield capture_request(capture)
        office.facts.add(capture.residence_area, "early", day, 1)
        if birthday <= office.last_day:
            self.early.append((birthday, capture))

    def come_of_age(self, day: date) -> Iterator[Request]:
        """On the day itself a step is told, so that it is known that day that they count from now on."""
        for birthday, capture in [each for each in self.early if each[0] == day]:
            step = {"id": self.office.new_id(), "state": "queued", "occurred_on": birthday}
            yield json_request("recording", f"/v1/recordings/{capture.id}/states", **step)
            self.office.facts.add(capture.residence_area, "early", birthday, -1)
            self.office.facts.add_recordings(capture.residence_area, birthday)
