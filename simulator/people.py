"""People: invented persons with identity numbers that nobody can hold: sub-district part 00, which no sub-district has.

The rules of the number (docs/domain.md: Numbers, NIK and codes) are written here a second time on purpose.
"""

from datetime import date, timedelta
from functools import cache
from math import gcd

STRIDE = 7_919  # through the days of birth, so that neighbours in a queue are no twins
SERIALS, EARLY_SERIALS = 9_900, 99  # of adults, and beyond them of those recorded at 16
AGES = (19, 60)
FEMALE_DAYS = 40


@cache
def birth_digits_of_adults(year: int) -> tuple[str, ...]:
    """DDMMYY of every man and woman who is an adult in a year, a woman's day plus 40."""
    day, last, found = date(year - AGES[1], 1, 1), date(year - AGES[0], 12, 31), []
    while day <= last:
        found += [birth_digits(day, female=False), birth_digits(day, female=True)]
        day += timedelta(days=1)
    if gcd(STRIDE, len(found)) != 1:
        found.pop()
    return tuple(found)


def birth_digits(born: date, *, female: bool) -> str:
    return f"{born.day + FEMALE_DAYS * female:02}{born.month:02}{born.year % 100:02}"


class People:
    """Of one district; each asked for is another one. first_serial: another for each plan, so that two may meet."""

    def __init__(self, district: str, year: int, first_serial: int) -> None:
        self.place, self.births, self.first_serial = (
            district.replace(".", "") + "00",
            birth_digits_of_adults(year),
            first_serial,
        )
        self.number, self.early = 0, 0

    def next_adult_nik(self) -> str:
        """The identity number of the next."""
        round_, turn = divmod(self.number, len(self.births))
        self.number += 1
        serial = (self.first_serial + round_) % SERIALS + 1
        return f"{self.place}{self.births[turn * STRIDE % len(self.births)]}{serial:04}"

    def next_nik_turning_17(self, on: date) -> str:
        """Somebody whose 17th birthday that is."""
        self.early += 1
        serial = SERIALS + 1 + (self.first_serial + self.early) % EARLY_SERIALS
        return f"{self.place}{birth_digits(on.replace(year=on.year - 17), female=self.early % 2 == 0)}{serial:04}"
