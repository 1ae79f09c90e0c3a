"""Plan: which offices are simulated, from which day, and how many people each records; the seed decides the rest."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import data
from shared.base import areas

PEOPLE_PER_RECORDING = 5_400  # of a working day: 52,000 a day among 284 million (docs/domain.md: Outreach and pace)
WEEKDAY_WEIGHTS = (
    1.15,
    1.05,
    1.0,
    1.0,
    0.8,
    0.35,
    0.1,
)  # from Monday: counters close at the weekend, outreach does not


@dataclass(frozen=True)
class Plan:
    """The same plan is the same requests with the same ids, so that sending it again changes nothing.

    followed_percent: of the recordings, those whose way to the card is simulated; the rest stay on their kits.
    """

    area: str
    begin: date
    days: int
    recordings: int
    seed: int = 1
    followed_percent: int = 100

    @property
    def calendar(self) -> list[date]:
        return [self.begin + timedelta(days=number) for number in range(self.days)]

    @property
    def name(self) -> str:
        return f"{self.area} {self.begin} {self.days} {self.recordings} {self.seed} {self.followed_percent}"

    def districts(self) -> tuple[str, ...]:
        """Those of the area that were there on the first day."""
        return tuple(code for code in areas.districts_in(self.area) if areas.is_valid_on(code, self.begin))

    def recordings_by_district(self) -> dict[str, int]:
        """How many each office records: by its population, whole people, together all of them."""
        people = {code: residents_by_district()[code] for code in self.districts()}
        return dict(zip(people, proportional_parts(self.recordings, list(people.values())), strict=True))

    def recordings_by_day(self, recordings: int) -> Mapping[date, int]:
        """How many an office records on each day, by the rhythm of the week."""
        weights = [WEEKDAY_WEIGHTS[day.weekday()] for day in self.calendar]
        return dict(zip(self.calendar, proportional_parts(recordings, weights), strict=True))


def usual_volume(area: str, days: int) -> int:
    """How many an area records in so many days, as offices do."""
    people = sum(residents_by_district()[code] for code in areas.districts_in(area))
    return max(1, round(people * days * 5 / 7 / PEOPLE_PER_RECORDING))


def proportional_parts(whole: int, weights: list[int] | list[float]) -> list[int]:
    """Whole numbers in proportion to the weights, which add up to the whole."""
    total, seen, given, found = sum(weights), 0.0, 0, []
    for weight in weights[:-1]:
        seen += weight
        upto = round(whole * seen / total)
        found.append(upto - given)
        given = upto
    return [*found, whole - given]


@cache
def residents_by_district() -> dict[str, int]:
    """Residents by district and province (data/README.md)."""
    with (data.FOLDER / "population_2024s2.csv").open(encoding="utf-8", newline="") as lines:
        return {row["code"]: int(row["total"]) for row in csv.DictReader(lines)}
