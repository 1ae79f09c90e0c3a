"""Locale: a page's language: its texts, and numbers, days and ages in the language's own form."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_decimal

from services.reporting.levels import wording
from services.reporting.portal import messages
from services.reporting.schemas.amount import HasEnds, unit_of

LOCALES = {"id": Locale.parse("id_ID"), "en": Locale.parse("en_GB")}
PERCENT = {"id": "{} %", "en": "{}%"}
RANGE = "{}–{}"
RATIO_PLACES, WHOLE = "#,##0.00", "#,##0"
KEPT = 8192  # texts: Babel takes 100 us for each, and pages say the same numbers and days again and again
FRESH_DAYS = 31  # younger figures need no word about their age
YOUNG_DAYS, YOUNG_MONTHS = 60, 24  # told in days, in months, and beyond that in years


@dataclass(frozen=True)
class PageLocale:
    """code: `id` or `en`."""

    code: str

    @property
    def other(self) -> str:
        return "en" if self.code == "id" else "id"

    def __call__(self, key: str, **values: object) -> str:
        """A text of the catalogue of messages, its blanks filled in."""
        return messages.text(key, self.code).format(**values) if values else messages.text(key, self.code)

    def word(self, kind: str, word: object) -> str:
        """A word of an enumeration; one that this release does not know yet is shown as it came."""
        return messages.word(kind, str(word), self.code)

    def listed(self, words: Sequence[str]) -> str:
        return format_list(words, locale=LOCALES[self.code])

    def figure(self, name: str) -> str:
        return wording.label(name)[self.code]

    # --- numbers

    def number(self, value: int | str | None, unit: str = "") -> str:
        """A count is a number and a ratio decimal text, as JSON has them. Unknown has a word of its own."""
        if value is None:
            return self("unknown")
        text = number_text(self.code, value)
        return PERCENT[self.code].format(text) if unit == "percent" else text

    def amount(self, shown: HasEnds | None, unit: str = "") -> str:
        """A number with what it may be: `254.635`, `1.000–1.999`, `sekitar 7.000`."""
        if shown is None or shown.value is None:
            return self("unknown")
        unit = unit or unit_of(shown)
        if shown.low == shown.high:
            return self.number(shown.value, unit)
        if shown.value == shown.low:
            return self.range(shown, unit)
        return self("about", number=self.number(shown.value, unit))

    def range(self, shown: HasEnds, unit: str = "") -> str:
        text = RANGE.format(self.number(shown.low), self.number(shown.high))
        return PERCENT[self.code].format(text) if unit == "percent" else text

    def has_margin(self, shown: HasEnds) -> bool:
        """Whether the ends must be told beside the number."""
        return shown.value is not None and shown.low not in (shown.high, shown.value)

    def signed(self, value: int | str, unit: str = "") -> str:
        """A difference, with its sign: `+12`, `−3`."""
        number = Decimal(value)
        sign = "+" if number > 0 else "−" if number < 0 else ""
        size = abs(number)
        return sign + self.number(str(size) if isinstance(value, str) else int(size), unit)

    # --- days

    def day(self, on: date | None) -> str:
        """`30 September 2017`."""
        return self.dated(on, "d MMMM y")

    def short_day(self, on: date | None) -> str:
        return self.dated(on, "d MMM y")

    def dated(self, on: date | None, pattern: str) -> str:
        if on is None:
            return self("unknown")
        return day_text(self.code, on, pattern)

    def month(self, on: date) -> str:
        """Figures of a month's last day speak of the month: `September 2017`."""
        is_last = date.fromordinal(on.toordinal() + 1).day == 1
        return self.dated(on, "MMMM y" if is_last else "d MMMM y")

    def as_of(self, on: date | None, today: date) -> str:
        """`per September 2017, sembilan tahun lalu`: old figures always say their age."""
        if on is None:
            return ""
        age = self.age(on, today)
        since = self("as_of_on", day=self.month(on))
        return f"{since}, {age}" if age else since

    def age(self, on: date, today: date) -> str:
        """Whole years, months or days in words; nothing for what is fresh."""
        days = (today - on).days
        if days <= FRESH_DAYS:
            return ""
        if days <= YOUNG_DAYS:
            return self("days_old", n=self.small(days))
        months = months_between(on, today)
        if months < YOUNG_MONTHS:
            return self("months_old", n=self.small(months))
        return self("years_old", n=self.small(months // 12))

    def small(self, number: int) -> str:
        """Up to twelve in words."""
        words = messages.NUMBERS[self.code]
        return words[number] if number < len(words) else self.number(number)


@lru_cache(KEPT)
def number_text(locale: str, value: int | str) -> str:
    pattern = RATIO_PLACES if isinstance(value, str) else WHOLE
    return format_decimal(Decimal(value), pattern, locale=LOCALES[locale])


@lru_cache(KEPT)
def day_text(locale: str, on: date, pattern: str) -> str:
    return format_date(on, pattern, locale=LOCALES[locale])


def months_between(start: date, end: date) -> int:
    """Whole months; from the last of a month to the last of another is whole too."""
    whole = (end.year - start.year) * 12 + end.month - start.month
    ends_month = date.fromordinal(end.toordinal() + 1).day == 1
    return whole - (end.day < start.day and not ends_month)
