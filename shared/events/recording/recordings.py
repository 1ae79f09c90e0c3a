"""Events of recordings: captured, moved through the work, moved between areas, deleted."""

from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

import msgspec

from shared.events.base import ITEMS_AT_MOST, AreaCode, Event, LongText, ShortText

Part = Literal["early", "on_kit", "in_transit", "failed", "print_ready", "held", "printed", "gone"]


NonEmptyItems = msgspec.Meta(min_length=1, max_length=ITEMS_AT_MOST)


class CapturedItem(msgspec.Struct, frozen=True, kw_only=True):
    """One recording, counted where its person lives. `early`: made at 16."""

    recording: UUID
    area: AreaCode
    captured_on: date
    early: bool = False


class RecordingsCaptured(Event, frozen=True, kw_only=True):
    """Biometrics were taken; the records are on the kit."""

    type: ClassVar[str] = "rekap.recording.recordings.captured.v1"

    items: Annotated[tuple[CapturedItem, ...], NonEmptyItems]


class RecordingsReversed(Event, frozen=True, kw_only=True):
    """They were never made: each item repeats the day it wrongly said. Only while nothing else was said of them."""

    type: ClassVar[str] = "rekap.recording.recordings.reversed.v1"

    items: Annotated[tuple[CapturedItem, ...], NonEmptyItems]
    reason: LongText


class RecordingAt(msgspec.Struct, frozen=True, kw_only=True):
    """A recording and where its person lives."""

    recording: UUID
    area: AreaCode


class RecordingsStateChanged(Event, frozen=True, kw_only=True):
    """Recordings left one part of the work and entered another, no earlier than their last move.

    An early recording stays in `early` whatever its state. Source: docs/domain.md: The unprinted, taken apart.
    """

    type: ClassVar[str] = "rekap.recording.recordings.state_changed.v1"

    occurred_on: date
    left: Part
    entered: Part
    state: ShortText  # the state entered, finer than the part
    items: Annotated[tuple[RecordingAt, ...], NonEmptyItems]


class RecordingsCameOfAge(Event, frozen=True, kw_only=True):
    """Early recordings begin to count, in the part they are in by then: their people turned 17."""

    type: ClassVar[str] = "rekap.recording.recordings.came_of_age.v1"

    occurred_on: date
    entered: Part
    items: Annotated[tuple[RecordingAt, ...], NonEmptyItems]


class RecordingMove(msgspec.Struct, frozen=True, kw_only=True):
    """A recording whose person lives elsewhere now."""

    recording: UUID
    left_area: AreaCode
    entered_area: AreaCode


class RecordingsAreaChanged(Event, frozen=True, kw_only=True):
    """The people behind them live elsewhere now; the part of the work stays."""

    type: ClassVar[str] = "rekap.recording.recordings.area_changed.v1"

    occurred_on: date
    part: Part
    items: Annotated[tuple[RecordingMove, ...], NonEmptyItems]


class RecordingsDeleted(Event, frozen=True, kw_only=True):
    """The centre deleted them; a first card, if there was one, no longer counts. Dated its own day."""

    type: ClassVar[str] = "rekap.recording.recordings.deleted.v1"

    occurred_on: date
    left: Part
    items: Annotated[tuple[RecordingAt, ...], NonEmptyItems]
