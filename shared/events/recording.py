"""What recording says: who was recorded and how far the record is, who is required to hold a card, what is aimed at."""

from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

import msgspec

from shared.events.base import (
    ITEMS_AT_MOST,
    Anchor,
    Code,
    Event,
    ItemEvent,
    People,
    Prose,
    Word,
)

TOPIC = "rekap.recording.v1"

Part = Literal["early", "on_kit", "in_transit", "failed", "print_ready", "held", "printed", "gone"]
Many = msgspec.Meta(min_length=1, max_length=ITEMS_AT_MOST)


class PopulationSet(Anchor, frozen=True, kw_only=True):
    """An office said how many residents a district had at the end of a day."""

    type: ClassVar[str] = "rekap.recording.population.set.v1"


class RequiredPopulationSet(Anchor, frozen=True, kw_only=True):
    """A version of the required population: `basis` says which one (`running`, `dkb`, `target`, `estimate`)."""

    type: ClassVar[str] = "rekap.recording.required_population.set.v1"


class OpeningBalanceSet(Anchor, frozen=True, kw_only=True):
    """An office brought a number from the time before: how many were recorded, how many held a first card."""

    type: ClassVar[str] = "rekap.recording.opening_balance.set.v1"

    metric: Literal["recorded", "printed_first"]


class RequiredPopulationMoved(Event, frozen=True, kw_only=True):
    """People became, or ceased to be, required to hold a card. Source: DOMAIN.md 9."""

    type: ClassVar[str] = "rekap.recording.required_population.moved.v1"

    movement: UUID
    area: Code
    occurred_on: date
    people: People  # below zero: they ceased to be
    reason: Word


class TargetSet(ItemEvent, frozen=True, kw_only=True):
    """An office aims at a share, or at a number, of the required population recorded by a day."""

    type: ClassVar[str] = "rekap.recording.target.set.v1"

    due_on: date
    percent: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,3}(\.[0-9]{1,2})?$")] | None = None
    recordings: Annotated[int, msgspec.Meta(ge=1)] | None = None  # a count instead of a share
    reason: Prose = ""


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """A stated number with the range its qualifier leaves it, as decimal strings."""

    value: str
    low: str
    high: str


class StatementReceived(Event, frozen=True, kw_only=True):
    """Somebody published a number, a date or a word; kept as published, checked, never summed."""

    type: ClassVar[str] = "rekap.recording.statement.received.v1"

    id: UUID
    label: Prose  # the source's own name for it, such as `sanggau-03`
    area: Code
    figure: Word
    as_published: Prose
    stated: Stated | None  # none where no number is behind it
    qualifier: Literal["exact", "about", "more_than", "claimed"]
    as_of: date
    stated_on: Prose  # a day, month or year: as precise as it was told
    speaker: Prose
    publisher: Prose
    note: Prose = ""


class CapturedItem(msgspec.Struct, frozen=True, kw_only=True):
    """One recording, counted where its person lives. `early`: made at 16."""

    recording: UUID
    area: Code
    captured_on: date
    early: bool = False


class RecordingsCaptured(Event, frozen=True, kw_only=True):
    """Biometrics were taken; the records are on the kit."""

    type: ClassVar[str] = "rekap.recording.recordings.captured.v1"

    items: Annotated[tuple[CapturedItem, ...], Many]


class RecordingsReversed(Event, frozen=True, kw_only=True):
    """They were never made: each item repeats the day it wrongly said. Only while nothing else was said of them."""

    type: ClassVar[str] = "rekap.recording.recordings.reversed.v1"

    items: Annotated[tuple[CapturedItem, ...], Many]
    reason: Prose


class RecordingAt(msgspec.Struct, frozen=True, kw_only=True):
    """A recording and where its person lives."""

    recording: UUID
    area: Code


class RecordingsStateChanged(Event, frozen=True, kw_only=True):
    """Recordings left one part of the work and entered another, no earlier than their last move.

    An early recording stays in `early` whatever its state. Source: DOMAIN.md 3.1 and 3.3.
    """

    type: ClassVar[str] = "rekap.recording.recordings.state_changed.v1"

    occurred_on: date
    left: Part
    entered: Part
    state: Word  # the state entered, finer than the part
    items: Annotated[tuple[RecordingAt, ...], Many]


class RecordingsCameOfAge(Event, frozen=True, kw_only=True):
    """Early recordings begin to count, in the part they are in by then: their people turned 17."""

    type: ClassVar[str] = "rekap.recording.recordings.came_of_age.v1"

    occurred_on: date
    entered: Part
    items: Annotated[tuple[RecordingAt, ...], Many]


class RecordingMove(msgspec.Struct, frozen=True, kw_only=True):
    """A recording whose person lives elsewhere now."""

    recording: UUID
    left_area: Code
    entered_area: Code


class RecordingsAreaChanged(Event, frozen=True, kw_only=True):
    """The people behind them live elsewhere now; the part of the work stays."""

    type: ClassVar[str] = "rekap.recording.recordings.area_changed.v1"

    occurred_on: date
    part: Part
    items: Annotated[tuple[RecordingMove, ...], Many]


class RecordingsDeleted(Event, frozen=True, kw_only=True):
    """The centre deleted them; a first card, if there was one, no longer counts. Dated its own day."""

    type: ClassVar[str] = "rekap.recording.recordings.deleted.v1"

    occurred_on: date
    left: Part
    items: Annotated[tuple[RecordingAt, ...], Many]
