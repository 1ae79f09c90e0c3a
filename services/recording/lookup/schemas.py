"""Shapes of a look-up and of what it answers."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import model_validator

from services.recording.identity.nik import GivenNik
from shared.base.fields import Text, field_error
from shared.base.shapes import RequestModel, ResponseModel


class SearchCreate(RequestModel):
    """By NIK or by receipt number. `purpose`: only for who may see the full number."""

    nik: GivenNik | None = None
    receipt_number: Annotated[str, Text(20)] | None = None
    purpose: Annotated[str, Text(200)] | None = None

    @model_validator(mode="after")
    def check_one_is_given(self) -> Self:
        if (self.nik is None) == (self.receipt_number is None):
            code = "missing_field" if self.nik is None else "inconsistent"
            raise field_error(code, expected="either `nik` or `receipt_number`")
        return self


class StatusPublic(ResponseModel):
    """How far a recording is; no name, no address."""

    id: UUID
    receipt_number: str
    nik_masked: str
    nik: str | None = None
    state: str
    moved_on: date
    waits_for: str
    holder_can: str
