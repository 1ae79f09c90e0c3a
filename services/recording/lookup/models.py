"""The audit of look-ups: each leaves a row, and the service may only insert."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Text
from sqlmodel import Field

from services.recording.tables import Table
from shared.db import Instant


class LookUp(Table, table=True):
    """Who looked for whom, by what and why. The person is named by the recordings found, never by the number."""

    __tablename__ = "look_up"

    id: UUID = Field(primary_key=True)
    looked_at: datetime = Field(sa_type=Instant)
    subject: str
    client: str
    by: str
    identity_shown: bool
    purpose: str = Field(default="", sa_type=Text)
    found: str = Field(default="", sa_type=Text)  # ids of the recordings, joined by spaces
    request_id: str = ""
