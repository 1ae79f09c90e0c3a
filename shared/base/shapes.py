"""Shapes of requests and answers, which each `schemas.py` builds on. A shape is a value and knows no HTTP."""

from collections.abc import Sequence
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from shared.base.errors import ApiWarning


class RequestModel(BaseModel):
    """What a request may hold: nothing unknown, no silent conversion, no infinity."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, frozen=True, hide_input_in_errors=True)


class WarningPublic(BaseModel):
    """Accepted with a doubt."""

    code: str
    pointer: str | None = None


class ResponseModel(BaseModel):
    """What an answer shows of a row. Clients must bear fields and values they do not know."""

    model_config = ConfigDict(from_attributes=True)

    warnings: list[WarningPublic] = []

    @classmethod
    def from_row(cls, row: object, warnings: Sequence[ApiWarning] = ()) -> Self:
        warnings_public = [WarningPublic(code=doubt.code, pointer=doubt.pointer) for doubt in warnings]
        return cls.model_validate(RowWithWarnings(row, warnings_public))


class RowWithWarnings:
    """A row with its warnings beside it, for `from_attributes`."""

    def __init__(self, row: object, warnings: list[WarningPublic]) -> None:
        self._row, self.warnings = row, warnings

    def __getattr__(self, name: str) -> Any:  # Any: whatever the row has
        return getattr(self._row, name)
