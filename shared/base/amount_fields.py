"""Amounts in requests: exact, with a qualifier, or with their range."""

from typing import Annotated, Self

from pydantic import model_validator

from shared.base.amounts import Amount, qualified_amount
from shared.base.fields import Choice, Count, field_error
from shared.base.shapes import RequestModel

AMOUNT_AT_MOST = 500_000_000  # with its range it must stay a count

AmountValue = Annotated[int, Count(0, AMOUNT_AT_MOST)]
Qualifier = Annotated[str, Choice("exact", "about", "more_than")]


class AmountField(RequestModel):
    """A count: exact, or with a qualifier (docs/domain.md: Numbers as they are published), or with its range."""

    value: AmountValue
    low: AmountValue | None = None
    high: AmountValue | None = None
    qualifier: Qualifier = "exact"

    @model_validator(mode="after")
    def check_range(self) -> Self:
        read = self.amount()
        if self.has_ends and (self.qualifier != "exact" or not read.low <= read.value <= read.high):
            raise field_error("bad_range", expected="low <= value <= high, and no qualifier beside them")
        return self

    @property
    def has_ends(self) -> bool:
        return (self.low, self.high) != (None, None)

    def amount(self) -> Amount:
        if not self.has_ends:
            return qualified_amount(self.value, self.qualifier)
        low, high = (self.value if end is None else end for end in (self.low, self.high))
        return Amount(self.value, low, high)
