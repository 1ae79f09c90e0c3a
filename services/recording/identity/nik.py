"""The national identity number: its rules, what it says of a birth, how it is shown. Encryption is in `encryption`."""

import re
from datetime import date
from functools import cache
from typing import Annotated, Any

import msgspec
from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from shared.base import areas
from shared.base.fields import field_error
from shared.base.nik_in_text import FEMALE_DAY_OFFSET

NIK_PATTERN = re.compile(r"[0-9]{16}")  # not \d, which takes digits of every script
LAST_DAY = 31
CENTURIES = (1900, 2000)
EXPECTED_NIK = "sixteen digits: a region that there is, a day of birth (plus 40 for women) and a serial from 0001"


class Nik(msgspec.Struct, frozen=True, gc=False):
    """A number that keeps the rules. Printed it is masked: the digits must be asked for by name.

    Six digits of the place of first registration, DDMMYY of birth, a serial. It never changes, so neither the present
    district nor the true birth date follows from it. Source: docs/domain.md: Numbers, NIK and codes.
    """

    digits: str

    def __str__(self) -> str:
        return self.masked

    __repr__ = __str__

    def __rich_repr__(self) -> list[tuple[str, Any]]:  # Any: as msgspec has it
        return [("digits", self.masked)]

    @property
    def masked(self) -> str:
        """Region code and the last two digits, as screens show it."""
        return f"{self.digits[:6]}********{self.digits[-2:]}"

    @property
    def district(self) -> str:
        """The district of first registration."""
        return f"{self.digits[:2]}.{self.digits[2:4]}"

    @property
    def is_female(self) -> bool:
        return int(self.digits[6:8]) > FEMALE_DAY_OFFSET

    @property
    def births(self) -> tuple[date, ...]:
        """The days of birth it may mean, one for each century."""
        return possible_births(self.digits[6:12])

    def born_by(self, day: date) -> date | None:
        """The latest birth it may mean that is not after a day."""
        for birth in reversed(self.births):
            if birth <= day:
                return birth
        return None


@cache
def possible_births(digits: str) -> tuple[date, ...]:
    """Of a number's six digits of birth; cached, since a century has few days and each number asks twice."""
    day, month, year = (int(digits[start : start + 2]) for start in (0, 2, 4))
    day -= FEMALE_DAY_OFFSET if day > FEMALE_DAY_OFFSET else 0
    if not 1 <= day <= LAST_DAY:
        return ()
    births = []
    for century in CENTURIES:
        try:
            births.append(date(century + year, month, day))
        except ValueError:
            continue
    return tuple(births)


def read_nik(value: Any) -> Nik:  # Any: whatever JSON gave
    """Raises the codes `wrong_type` and `bad_nik`, and never says what was sent."""
    if isinstance(value, Nik):
        return value
    if not isinstance(value, str):
        raise field_error("wrong_type")
    if not NIK_PATTERN.fullmatch(value) or value.endswith("0000") or value[:2] not in areas.area_register().districts:
        raise field_error("bad_nik", expected=EXPECTED_NIK)
    nik = Nik(value)
    if not nik.births:
        raise field_error("bad_nik", expected=EXPECTED_NIK)
    return nik


GivenNik = Annotated[
    Nik,
    PlainValidator(read_nik),
    PlainSerializer(lambda nik: nik.digits, when_used="json"),  # for the keyed fingerprint of a request
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{16}$", "writeOnly": True}),
]
