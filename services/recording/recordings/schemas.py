"""Shapes of recordings, their steps, and answers of the centre."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator

from services.recording.identity.nik import GivenNik
from services.recording.recordings.models import CAPTURE_MODES
from services.recording.recordings.states import STATES_SET_BY_OFFICE
from shared.base.area_fields import AreaCode, DistrictCode
from shared.base.fields import Choice, Count, Flag, Id, Instant, LocalDate, MultilineText, Text, field_error
from shared.base.shapes import RequestModel, ResponseModel

OfficialCode = Annotated[str, Text(60), AfterValidator(str.strip)]


class RecordingCreate(RequestModel):
    """A capture of one person's biometrics, of which we hold none: only that, where and by what it was made."""

    id: Id
    district: DistrictCode
    nik: GivenNik
    captured_at: Instant
    mode: Annotated[str, Choice(*CAPTURE_MODES)]
    kit: Annotated[str, Text(60)]
    served_area: AreaCode
    residence_area: AreaCode
    device: Annotated[str, Text(60)] | None = None
    device_number: Annotated[int, Count(1)] | None = None
    born_on: LocalDate | None = None
    female: Flag | None = None
    early: Flag = False
    ever_married: Flag = False


class RecordingPublic(ResponseModel):
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
    state: Annotated[str, Field(validation_alias="public_state")]
    part: str
    official_code: str | None
    moved_on: date
    allowed: list[str]


class ReversalCreate(RequestModel):
    reason: Annotated[str, MultilineText(1000)] | None = None


class StepCreate(RequestModel):
    """A state of ours, or an official code as received."""

    id: Id
    state: Annotated[str, Choice(*STATES_SET_BY_OFFICE)] | None = None
    official_code: OfficialCode | None = None
    occurred_on: LocalDate

    @model_validator(mode="after")
    def check_one_is_given(self) -> Self:
        if (self.state is None) == (self.official_code is None):
            code = "missing_field" if self.state is None else "inconsistent"
            raise field_error(code, expected="either `state` or `official_code`")
        return self


class ResidenceCreate(RequestModel):
    id: Id
    area: AreaCode
    occurred_on: LocalDate


class CentreAnswer(RequestModel):
    """One line of what the centre answered."""

    id: Id
    nik: GivenNik
    official_code: OfficialCode
    occurred_on: LocalDate
