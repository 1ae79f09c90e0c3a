"""Words, places and amounts that several requests share, and how a list asks."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, model_serializer, model_validator

from services.equipment.models.words import QUALIFIERS
from shared.amounts import qualified
from shared.http import Shape
from shared.types import Area, Count, Note, Text, Word, wrong

PEOPLE_AT_MOST = 500_000_000  # its range must stay a count

Place = Annotated[str, Area("district", "subdistrict")]
Around = Annotated[str, Area("nation", "province", "district", "subdistrict")]
Name = Annotated[str, Text(200)]
Remark = Annotated[str, Note(2000)]
YesOrNo = Annotated[str, Word("true", "false")]  # in a query


class CountedPlaces(Shape):
    """A count of places, with the range it may lie in where that is not known exactly."""

    value: Annotated[int, Count()]
    low: Annotated[int, Count()] | None = None
    high: Annotated[int, Count()] | None = None

    @model_validator(mode="after")
    def check_order(self) -> Self:
        low, high = self.ends()
        if not low <= self.value <= high:
            raise wrong("bad_range")
        return self

    def ends(self) -> tuple[int, int]:
        return self.value if self.low is None else self.low, self.value if self.high is None else self.high

    @model_serializer
    def whole(self) -> dict[str, int]:
        """However it was spelled."""
        low, high = self.ends()
        return {"value": self.value, "low": low, "high": high}


class PutDown(Shape):
    """A number of people as it is told: exact, about (5 % either way) or more than."""

    value: Annotated[int, Count(0, PEOPLE_AT_MOST)]
    qualifier: Annotated[str, Word(*QUALIFIERS)] = "exact"

    @model_serializer
    def whole(self) -> dict[str, Any]:  # Any: JSON
        amount = qualified(self.value, self.qualifier)
        return {
            "value": self.value,
            "low": int(amount.low),
            "high": int(amount.high),
            "qualifier": self.qualifier,
        }


class PutDownPublic(BaseModel):
    value: int
    low: int
    high: int
    qualifier: str
