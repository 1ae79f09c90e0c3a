"""Amounts in answers: counts as numbers, ratios as decimal text with two places, unknown as null."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Protocol, TypedDict

from msgspec import Struct

from shared.base import amounts
from shared.base.amounts import Amount

Number = int | str  # a count, or a ratio as decimal text with two places
PLACES = Decimal("0.01")


class Shape(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An object of an answer: these fields and no others."""


class AmountShape(Shape, frozen=True, kw_only=True):
    """A number and the range that it lies in; all null where it is unknown."""

    value: Number | None
    low: Number | None
    high: Number | None


class AmountWithUnit(AmountShape, frozen=True, kw_only=True):
    unit: str


class AssumedAmount(AmountShape, frozen=True, kw_only=True):
    assumed: bool


class Ends(TypedDict):
    """The fields of an amount."""

    value: Number | None
    low: Number | None
    high: Number | None


class KnownEnds(TypedDict):
    """The fields of an amount that is known."""

    value: Number
    low: Number
    high: Number


class HasEnds(Protocol):
    """Whatever has the fields of an amount."""

    @property
    def value(self) -> Number | None: ...
    @property
    def low(self) -> Number | None: ...
    @property
    def high(self) -> Number | None: ...


def unit_of(shown: HasEnds) -> str:
    """Nothing where it goes without saying."""
    return shown.unit if isinstance(shown, AmountWithUnit) else ""


def amount_shape(amount: Amount | None, *, is_ratio: bool = False) -> AmountShape:
    return AmountShape(**ends_of(amount, is_ratio=is_ratio))


def ends_of(amount: Amount | None, *, is_ratio: bool = False) -> Ends:
    if amount is None:
        return {"value": None, "low": None, "high": None}
    known = known_ends(amount, is_ratio=is_ratio)
    return {"value": known["value"], "low": known["low"], "high": known["high"]}


def known_ends(amount: Amount, *, is_ratio: bool = False) -> KnownEnds:
    return {
        "value": number_shape(amount.value, is_ratio=is_ratio),
        "low": number_shape(amount.low, is_ratio=is_ratio),
        "high": number_shape(amount.high, is_ratio=is_ratio),
    }


def number_shape(number: amounts.Number, *, is_ratio: bool = False) -> Number:
    """A count that a reading rule left with a fraction is shown as a decimal too."""
    if not is_ratio and Fraction(number).denominator == 1:
        return int(number)
    exact = Fraction(number)
    return str((Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(PLACES, ROUND_HALF_UP))
