"""Fields that the requests of several subjects share: words, areas, amounts, and how a list asks."""

from typing import Annotated

from pydantic import BaseModel, SerializerFunctionWrapHandler, model_serializer

from shared.base.amount_fields import AmountField
from shared.base.area_fields import AreaField
from shared.base.fields import Choice, MultilineText, Text
from shared.base.shapes import ResponseModel

Place = Annotated[str, AreaField("district", "subdistrict")]
AreaFilter = Annotated[str, AreaField("nation", "province", "district", "subdistrict")]
Name = Annotated[str, Text(200)]
Remark = Annotated[str, MultilineText(2000)]
BooleanFilter = Annotated[str, Choice("true", "false")]  # in a query


class StoredAmount(AmountField):
    """An amount that is kept as it was read."""

    @model_serializer
    def as_integers(self) -> dict[str, int]:
        """However it was spelled."""
        read = self.amount()
        return {"value": int(read.value), "low": int(read.low), "high": int(read.high)}


class Row(ResponseModel):
    """What an answer shows of a row; `warnings` stand in the answers of writes alone."""

    @model_serializer(mode="wrap")
    def without_unset_warnings(self, handler: SerializerFunctionWrapHandler):  # type: ignore[no-untyped-def]  # else the schema is lost
        fields = handler(self)
        if "warnings" not in self.model_fields_set:
            del fields["warnings"]
        return fields


class AmountPublic(BaseModel):
    value: int
    low: int
    high: int
