"""Serialize: amounts as JSON has them; counts as numbers, ratios as decimal text with two places, unknown as null."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from shared.base.amounts import Amount, Number


def iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


Json = dict[str, Any]  # Any: a JSON object


ENDS = ("value", "low", "high")


UNKNOWN: Json = dict.fromkeys(ENDS)


PLACES = Decimal("0.01")


def amount_json(amount: Amount | None, *, is_ratio: bool = False) -> Json:
    if amount is None:
        return dict(UNKNOWN)
    return {end: number_json(getattr(amount, end), is_ratio=is_ratio) for end in ENDS}


def number_json(number: Number, *, is_ratio: bool = False) -> int | str:
    """A count that a reading rule left with a fraction is shown as a decimal too."""
    if not is_ratio and Fraction(number).denominator == 1:
        return int(number)
    exact = Fraction(number)
    return str((Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(PLACES, ROUND_HALF_UP))
