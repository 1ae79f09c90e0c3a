"""Words, places and amounts that several requests share, and how a list asks."""

from typing import Annotated

from pydantic import BaseModel, model_serializer

from shared.http import AmountTold
from shared.types import Area, Note, Text, Word

Place = Annotated[str, Area("district", "subdistrict")]
Around = Annotated[str, Area("nation", "province", "district", "subdistrict")]
Name = Annotated[str, Text(200)]
Remark = Annotated[str, Note(2000)]
YesOrNo = Annotated[str, Word("true", "false")]  # in a query


class AmountKept(AmountTold):
    """An amount that is kept as it was read."""

    @model_serializer
    def whole(self) -> dict[str, int]:
        """However it was spelled."""
        read = self.amount()
        return {"value": int(read.value), "low": int(read.low), "high": int(read.high)}


class AmountPublic(BaseModel):
    value: int
    low: int
    high: int
