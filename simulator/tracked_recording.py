"""Tracked recording: one recording that is followed on its way to the card."""

from dataclasses import dataclass
from datetime import date


@dataclass(slots=True)
class TrackedRecording:
    """A recording that is followed. moved_on: its last move."""

    id: str
    nik: str
    area: str
    moved_on: date
    part: str = "on_kit"
