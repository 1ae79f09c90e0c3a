"""From which age a person is recorded: at 17, or early at 16. Source: docs/domain.md: Who must hold a card."""

from datetime import date

from shared.base.errors import Conflict, Invalid

ADULT_AGE, EARLY_AGE = 17, 16  # docs/domain.md: Who must hold a card


class EarlyFlagRequired(Conflict):
    """A person of 16 is recorded early, and the request must say so."""


class TooYoung(Invalid):
    """Nobody is recorded before 16."""


class NotEarly(Invalid):
    """Only a person of 16 is recorded early."""

    code = "inconsistent"


def check_age(born: date | None, captured_on: date, *, early: bool, ever_married: bool) -> date | None:
    """-> the 17th birthday of a person recorded early, else None. born: unknown where the NIK tells no possible day.

    Raises EarlyFlagRequired, TooYoung, NotEarly. Source: docs/domain.md: Who must hold a card.
    """
    if born is None or ever_married:
        if early:
            raise NotEarly(pointer="#/early")
        return None
    age = age_on(born, captured_on)
    if age < EARLY_AGE:
        raise TooYoung(pointer="#/nik")
    if age >= ADULT_AGE:
        if early:
            raise NotEarly(pointer="#/early")
        return None
    if not early:
        raise EarlyFlagRequired(pointer="#/early")
    return birthday_at_age(born, ADULT_AGE)


def age_on(born: date, day: date) -> int:
    """Whole years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def birthday_at_age(born: date, years: int) -> date:
    """Who was born on 29 February has it on 1 March in other years."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)
