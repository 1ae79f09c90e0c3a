"""Shapes of documents and movements."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from services.recording.fields import Reason
from services.recording.population.models import BASES, MOVEMENT_REASONS
from shared.base.amount_fields import AmountField
from shared.base.area_fields import AreaCode, DistrictCode
from shared.base.fields import Choice, Count, Id, LocalDate, MultilineText
from shared.base.shapes import RequestModel, ResponseModel

People = Annotated[int, Count()]


class DocumentLineCreate(RequestModel):
    area: AreaCode
    amount: AmountField


class DocumentCreate(RequestModel):
    """No lines: what was set for that day is withdrawn. `total`: as stated beside them."""

    id: Id
    district: DistrictCode
    as_of: LocalDate
    lines: list[DocumentLineCreate] = Field(max_length=200)
    total: People | None = None
    source: Annotated[str, MultilineText(2000)]
    reason: Reason


class PopulationCreate(DocumentCreate):
    metric: Annotated[str, Choice("population")] = "population"


class RequiredPopulationCreate(DocumentCreate):
    metric: Annotated[str, Choice("required_population")] = "required_population"
    basis: Annotated[str, Choice(*BASES)]


class OpeningBalanceCreate(DocumentCreate):
    metric: Annotated[str, Choice("recorded", "printed_first")]


class DocumentPublic(ResponseModel):
    id: UUID
    district: str
    metric: str
    basis: str
    as_of: date
    lines: list[dict[str, Any]]  # Any: area, value, low, high
    total: int
    source: str
    reason: str


class MovementCreate(RequestModel):
    id: Id
    area: AreaCode
    occurred_on: LocalDate
    people: Annotated[int, Count(-1_000_000, 1_000_000)]
    reason: Annotated[str, Choice(*MOVEMENT_REASONS)]


class MovementPublic(ResponseModel):
    id: UUID
    area: str
    occurred_on: date
    people: int
    reason: str
