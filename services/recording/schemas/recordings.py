"""Shapes of recordings, their steps, and answers of the centre."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import model_validator

from services.recording.models.recordings import MODES
from services.recording.models.states import SAID_BY_OFFICE
from services.recording.nik import GivenNik
from shared.http import Public, Shape
from shared.types import AreaCode, Count, DistrictCode, Flag, Id, Instant, LocalDate, Note, Text, Word, wrong

OfficialCode = Annotated[str, Text(60)]


class RecordingCreate(Shape):
    """A capture of one person's biometrics, of which we hold none: only that, where and by what it was made."""

    id: Id
    district: DistrictCode
    nik: GivenNik
    captured_at: Instant
    mode: Annotated[str, Word(*MODES)]
    kit: Annotated[str, Text(60)]
    served_area: AreaCode
    residence_area: AreaCode
    device: Annotated[str, Text(60)] | None = None
    device_number: Annotated[int, Count(1)] | None = None
    born_on: LocalDate | None = None
    female: Flag | None = None
    early: Flag = False
    ever_married: Flag = False


class RecordingPublic(Public):
    id: UUID
    district: str
    nik_masked: str
    receipt_number: str
    captured_at: datetime
    captured_on: date
    mode: str
    kit: str
    device: str | None
    device_number: int | None
    served_area: str
    residence_area: str
    early: bool
    state: str
    part: str
    official_code: str | None
    moved_on: date
    allowed: list[str]


class ReversalCreate(Shape):
    reason: Annotated[str, Note(1000)] | None = None


class StepCreate(Shape):
    """A state of ours, or an official code as received."""

    id: Id
    state: Annotated[str, Word(*SAID_BY_OFFICE)] | None = None
    official_code: OfficialCode | None = None
    occurred_on: LocalDate

    @model_validator(mode="after")
    def check(self) -> Self:
        if (self.state is None) == (self.official_code is None):
            raise wrong("missing_field" if self.state is None else "inconsistent")
        return self


class ResidenceCreate(Shape):
    id: Id
    area: AreaCode
    occurred_on: LocalDate


class CentreAnswer(Shape):
    """One line of what the centre answered."""

    id: Id
    nik: GivenNik
    official_code: OfficialCode
    occurred_on: LocalDate


class SearchCreate(Shape):
    """By NIK or by receipt number. `purpose`: only for who may see the full number."""

    nik: GivenNik | None = None
    receipt_number: Annotated[str, Text(20)] | None = None
    purpose: Annotated[str, Text(200)] | None = None

    @model_validator(mode="after")
    def check(self) -> Self:
        if (self.nik is None) == (self.receipt_number is None):
            raise wrong("missing_field" if self.nik is None else "inconsistent")
        return self


class StatusPublic(Public):
    """How far a recording is; no name, no address."""

    id: UUID
    receipt_number: str
    nik_masked: str
    nik: str | None = None
    state: str
    moved_on: date
    waits_for: str
    holder_can: str
