"""The print queue as recording's events leave it, and print runs."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, CheckConstraint, Column, Index
from sqlmodel import Field

from services.blanks.tables import Table
from shared.base import clock
from shared.base.errors import Conflict
from shared.db import Instant, one_of
from shared.events.metrics import PART_OF_WORK

FIRST_CARD_REASONS = ("first_card", "turned_17", "certificate_conversion")  # lower `unprinted`
REPRINT_REASONS = (
    "move_in", "data_change", "lost", "damaged", "foreigner_renewal", "out_of_domicile", "region_change",
    "central_misprint",
)  # fmt: skip
PRINT_REASONS = FIRST_CARD_REASONS + REPRINT_REASONS
PRIORITY_OF_REASON = {
    "turned_17": 1,
    "first_card": 1,
    "certificate_conversion": 2,
}  # docs/domain.md: Printing; the rest come after
PRINTABLE_PARTS = ("print_ready", "held")
PARTS = tuple(PART_OF_WORK)


class NotPrintable(Conflict):
    """This record is not print-ready: it is failed, a duplicate, printed already, or gone."""


class PrintQueueEntry(Table, table=True):
    """A record that was once print-ready, or failed, as far as recording published. heard_seq: the last seq applied."""

    __tablename__ = "queued"
    __table_args__ = (
        CheckConstraint(one_of("part", PARTS), name="part_known"),
        Index("ix_queued_order", "district", "part", "priority", "since"),
    )

    recording: UUID = Field(primary_key=True)
    district: str
    area: str
    part: str
    reason: str = "first_card"
    priority: int = 1
    since: date
    heard_seq: int = Field(sa_type=BigInteger)
    run: UUID | None = None  # printed here, whether or not recording has received it yet

    def require_printable(self, pointer: str) -> None:
        """Raises NotPrintable."""
        if self.part not in PRINTABLE_PARTS or self.run is not None:
            raise NotPrintable(pointer=pointer)


class PrintRun(Table, table=True):
    """Cards that came out of a printer, and the blanks they took: cards + misprinted = blanks used."""

    __tablename__ = "print_run"

    id: UUID = Field(primary_key=True)
    district: str = Field(index=True)
    store: str
    occurred_on: date
    cards: int
    misprinted: int
    ribbons_used: int = 0
    lines: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))  # Any: area, cards, reason, recordings
    fingerprint: str
    created_at: datetime = Field(default_factory=clock.now, sa_type=Instant)
    created_by: str | None = None  # none: of before anybody was noted
