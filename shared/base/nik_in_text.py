"""A NIK in a text that is no place for one: sixteen digits, together or set apart, that some person may have."""

import re

from shared.base import areas

# looked for ahead, so that the end of one run may begin the next
SIXTEEN_DIGITS = re.compile(r"(?<!\d)(?=(\d(?:[ .\u00a0\u2009\u202f-]{0,2}\d){15})(?!\d))")
FEMALE_DAY_OFFSET = 40  # added to the day of birth


def contains_nik(text: str) -> bool:
    """Whether some part of a text may be a person's number: a province, a day and a month that there are, a serial."""
    return len(text) >= 16 and any(may_be_nik(found[1]) for found in SIXTEEN_DIGITS.finditer(text))


def may_be_nik(written: str) -> bool:
    digits = "".join(str(int(character)) for character in written if character.isdecimal())  # of any script
    day, month = int(digits[6:8]), int(digits[8:10])
    has_birth = 1 <= (day - FEMALE_DAY_OFFSET if day > FEMALE_DAY_OFFSET else day) <= 31 and 1 <= month <= 12
    return digits[:2] in areas.area_register().districts and has_birth and not digits.endswith("0000")
