"""Shapes of the print queue and of print runs."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.blanks.fields import StoreCode
from services.blanks.printing.models import PRINT_REASONS
from shared.base.area_fields import AreaCode
from shared.base.fields import Choice, Count, Id, LocalDate, field_error
from shared.base.shapes import RequestModel, ResponseModel

LINES_AT_MOST = 10_000


class PrintQueueEntryPublic(ResponseModel):
    recording: UUID
    area: str
    part: str
    reason: str
    since: date


class PrintLineCreate(RequestModel):
    """A card of a person (`recording`), or cards without persons behind them (`area` and `cards`)."""

    recording: Id | None = None
    area: AreaCode | None = None
    cards: Annotated[int, Count(1, 1_000_000)] = 1
    reason: Annotated[str, Choice(*PRINT_REASONS)] | None = None

    @model_validator(mode="after")
    def check_person_or_area(self) -> Self:
        if self.recording is None and (self.area is None or self.reason is None):
            raise field_error("missing_field", expected="a `recording`, or `area`, `cards` and `reason`")
        if self.recording is not None and (self.area is not None or self.cards != 1):
            raise field_error("inconsistent", expected="a `recording` alone, or `area` and `cards` without one")
        return self


class PrintRunCreate(RequestModel):
    id: Id
    store: StoreCode
    occurred_on: LocalDate
    lines: list[PrintLineCreate] = Field(max_length=LINES_AT_MOST)
    misprinted: Annotated[int, Count(most=100_000)] = 0
    ribbons_used: Annotated[int, Count(most=1000)] = 0


class PrintRunPublic(ResponseModel):
    id: UUID
    district: str
    store: str
    occurred_on: date
    cards: int
    misprinted: int
    ribbons_used: int
    created_by: str | None
