"""Words, places and amounts that several requests share, and how a list asks."""

from typing import Annotated, Self

from pydantic import BaseModel, model_serializer, model_validator

from services.equipment.models.words import QUALIFIERS
from shared.amounts import qualified
from shared.http import Shape
from shared.types import Area, Count, Note, Text, Word, wrong

MOST = 500_000_000  # with its range it must stay a count

Place = Annotated[str, Area("district", "subdistrict")]
Around = Annotated[str, Area("nation", "province", "district", "subdistrict")]
Name = Annotated[str, Text(200)]
Remark = Annotated[str, Note(2000)]
Amount = Annotated[int, Count(0, MOST)]
YesOrNo = Annotated[str, Word("true", "false")]  # in a query


class AmountTold(Shape):
    """A count: exact, or with a qualifier (about: 5 % either way), or with its range."""

    value: Amount
    low: Amount | None = None
    high: Amount | None = None
    qualifier: Annotated[str, Word(*QUALIFIERS)] = "exact"

    @model_validator(mode="after")
    def check_range(self) -> Self:
        has_ends = (self.low, self.high) != (None, None)
        low, high = self.ends()
        if has_ends and (self.qualifier != "exact" or not low <= self.value <= high):
            raise wrong("bad_range")
        return self

    def ends(self) -> tuple[int, int]:
        if self.low is None and self.high is None:
            read = qualified(self.value, self.qualifier)
            return int(read.low), int(read.high)
        return self.value if self.low is None else self.low, self.value if self.high is None else self.high

    @model_serializer
    def whole(self) -> dict[str, int]:
        """However it was spelled."""
        low, high = self.ends()
        return {"value": self.value, "low": low, "high": high}


class AmountPublic(BaseModel):
    value: int
    low: int
    high: int
