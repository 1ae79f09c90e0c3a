"""Shapes of requisitions, their answers and shipments. Counts are pieces."""

from datetime import date
from typing import Annotated
from uuid import UUID

from services.blanks.fields import PIECES_AT_MOST, Reason, StoreCode
from shared.base.amount_fields import Qualifier
from shared.base.area_fields import DistrictCode, OfficeCode
from shared.base.fields import Count, Id, LocalDate, Text
from shared.base.shapes import RequestModel, ResponseModel


class RequisitionCreate(RequestModel):
    id: Id
    district: DistrictCode
    supplier: OfficeCode
    asked: Annotated[int, Count(1, PIECES_AT_MOST)] | None
    submitted_on: LocalDate
    note: Reason | None = None


class GrantCreate(RequestModel):
    pieces: Annotated[int, Count(1, PIECES_AT_MOST)]
    occurred_on: LocalDate


class RejectionCreate(RequestModel):
    occurred_on: LocalDate
    reason: Reason


class ClosingCreate(RequestModel):
    occurred_on: LocalDate
    reason: Reason | None = None


class ShipmentCreate(RequestModel):
    id: Id
    store: StoreCode
    occurred_on: LocalDate
    accepted: Annotated[int, Count(1, PIECES_AT_MOST)]
    qualifier: Qualifier = "exact"
    damaged: Annotated[int, Count(most=PIECES_AT_MOST)] = 0
    short: Annotated[int, Count(most=PIECES_AT_MOST)] = 0
    document: Annotated[str, Text(200)] | None = None
    fetched_by: Annotated[str, Text(200)] | None = None


class RequisitionPublic(ResponseModel):
    id: UUID
    district: str
    supplier: str
    asked: int | None
    granted: int | None
    received: int
    damaged: int
    short: int
    open_pieces: int | None
    state: str
    submitted_on: date
    changed_on: date
    reason: str
    created_by: str | None
    answered_by: str | None
    closed_by: str | None


class ShipmentPublic(ResponseModel):
    id: UUID
    requisition: UUID
    store: str
    accepted: int
    accepted_low: int
    accepted_high: int
    damaged: int
    short: int
    occurred_on: date
    document: str
    fetched_by: str
    created_by: str | None
