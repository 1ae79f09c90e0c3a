"""Amounts: a count with the range it may lie in, in whole numbers; and how stated numbers are read.

Source: docs/domain.md: Numbers as they are published.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Literal

Qualifier = Literal["exact", "about", "more_than", "claimed"]
Number = int | Fraction
ABOUT_SHARE = Fraction(5, 100)


@dataclass(frozen=True, slots=True)
class Amount:
    """The number taken, the least and the most it may be; all three are equal where it is exact. Unknown is None."""

    value: Number
    low: Number
    high: Number

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.value + other.value, self.low + other.low, self.high + other.high)

    def __sub__(self, other: Amount) -> Amount:
        return self + other.outflow()

    def __truediv__(self, other: Amount) -> Amount:
        """The divisor's range must lie above zero."""
        ends = [Fraction(top) / bottom for top in (self.low, self.high) for bottom in (other.low, other.high)]
        return Amount(Fraction(self.value) / other.value, min(ends), max(ends))

    def multiplied_by(self, factor: Number) -> Amount:
        return Amount(self.value * factor, self.low * factor, self.high * factor)

    def outflow(self) -> Amount:
        """The same amount going out: its ends change places."""
        return Amount(-self.value, -self.high, -self.low)

    def reversal(self) -> Amount:
        """What takes this very amount back: the two together are exactly nothing."""
        return Amount(-self.value, -self.low, -self.high)

    def sorted_ends(self) -> Amount:
        """Ends the right way round; they cross only while a reversal is in and what it reverses is not."""
        return Amount(self.value, min(self.low, self.high), max(self.low, self.high))

    def rounded_up(self) -> Amount:
        return Amount(ceil(self.value), ceil(self.low), ceil(self.high))

    def overlaps(self, other: Amount) -> bool:
        return self.low <= other.high and other.low <= self.high


def exact_amount(number: Number) -> Amount:
    return Amount(number, number, number)


ZERO = exact_amount(0)


def sum_amounts(amounts: Iterable[Amount]) -> Amount:
    return sum(amounts, ZERO)


def about_amount(number: int) -> Amount:
    """5 % either way, to whole numbers outwards."""
    return Amount(number, floor(number * (1 - ABOUT_SHARE)), ceil(number * (1 + ABOUT_SHARE)))


def more_than_amount(number: int) -> Amount:
    """Up to below the next of its last non-zero place: 1,000 reaches to 1,999."""
    text = str(number)
    return Amount(number, number, number + 10 ** (len(text) - len(text.rstrip("0"))) - 1 if number else 0)


def qualified_amount(number: int, qualifier: str) -> Amount:
    """A count as it was told: `exact`, `about` or `more_than`."""
    return {"exact": exact_amount, "about": about_amount, "more_than": more_than_amount}[qualifier](number)


def parse_amount(text: str, qualifier: Qualifier, *, percent: bool = False) -> Amount | None:
    """A stated number with its range; None where no number is behind it.

    An exact percentage is read half its last printed place either way; `more_than` of one reaches to 100.
    """
    if qualifier == "claimed" or not text.replace(".", "", 1).isdecimal() or not text.isascii():
        return None
    if not percent and text.isdecimal():
        return qualified_amount(int(text), qualifier)
    number = Fraction(text)
    if qualifier == "about":
        return Amount(number, number * (1 - ABOUT_SHARE), number * (1 + ABOUT_SHARE))
    if qualifier == "more_than":
        return Amount(number, number, Fraction(100) if percent else number)
    half = Fraction(1, 2 * 10 ** len(text.partition(".")[2])) if percent else Fraction(0)
    return Amount(number, number - half, number + half)


def decimal_text(number: Number) -> str:
    """A number whose fraction ends, as decimal text without trailing zeros."""
    for places in range(13):
        scaled = Fraction(number) * 10**places
        if scaled.denominator == 1:
            digits = f"{abs(scaled.numerator):0{places + 1}d}"
            sign = "-" if number < 0 else ""
            return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)
    raise ValueError("its fraction does not end")
