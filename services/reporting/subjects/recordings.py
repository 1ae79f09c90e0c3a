"""Recordings: which part of the work each is in."""

from collections.abc import Iterator
from datetime import date

from services.reporting.levels.formulas import LevelOf, percent
from services.reporting.subjects.effects import Delta
from services.reporting.subjects.figure import Figure
from services.reporting.subjects.meanings import explains
from services.reporting.subjects.population import required
from shared.base.amounts import exact_amount
from shared.events.metrics import PART_OF_WORK
from shared.events.recording import recordings

recorded = LevelOf("recorded")

FIGURES = (
    Figure(
        "recorded",
        "people",
        recorded,
        "Sudah merekam",
        "Recorded",
        "docs/domain.md: States of a recording",
    ),
    Figure(
        "unrecorded",
        "people",
        required - recorded,
        "Belum merekam",
        "Not recorded",
        "docs/domain.md: What must hold, 1",
    ),
    Figure(
        "coverage_percent",
        "percent",
        percent(recorded, required),
        "Cakupan: yang sudah merekam dari wajib KTP",
        "Coverage: recorded, of those required to hold a card",
        "docs/domain.md: What must hold, 1",
        stated_as=("coverage_claim",),
    ),
    Figure(
        "recorded_early",
        "people",
        LevelOf("recorded_early").where(recorded),
        "Sudah merekam sebelum usia 17 tahun",
        "Recorded before the age of 17",
        "docs/domain.md: Who must hold a card",
    ),
)


@explains(recordings.RecordingsCaptured)
def recordings_captured(event: recordings.RecordingsCaptured) -> Iterator[Delta]:
    for item in event.items:
        yield from enter_part(item.captured_on, item.area, "early" if item.early else "on_kit")


@explains(recordings.RecordingsReversed)
def recordings_reversed(event: recordings.RecordingsReversed) -> Iterator[Delta]:
    """Dated by the day it wrongly said, so that an anchor covers both or neither."""
    for item in event.items:
        yield from leave_part(item.captured_on, item.area, "early" if item.early else "on_kit")


@explains(recordings.RecordingsStateChanged)
def recordings_state_changed(event: recordings.RecordingsStateChanged) -> Iterator[Delta]:
    for item in event.items:
        yield from move_part(event.occurred_on, (item.area, event.left), (item.area, event.entered))


@explains(recordings.RecordingsCameOfAge)
def recordings_came_of_age(event: recordings.RecordingsCameOfAge) -> Iterator[Delta]:
    for item in event.items:
        yield from move_part(event.occurred_on, (item.area, "early"), (item.area, event.entered))


@explains(recordings.RecordingsAreaChanged)
def recordings_area_changed(event: recordings.RecordingsAreaChanged) -> Iterator[Delta]:
    for item in event.items:
        yield from move_part(event.occurred_on, (item.left_area, event.part), (item.entered_area, event.part))


@explains(recordings.RecordingsDeleted)
def recordings_deleted(event: recordings.RecordingsDeleted) -> Iterator[Delta]:
    """Dated its own day; a first card, if there was one, no longer counts."""
    for item in event.items:
        yield from leave_part(event.occurred_on, item.area, event.left)


def enter_part(on: date, area: str, part: str) -> Iterator[Delta]:
    return (Delta(area, metric, on, exact_amount(+1)) for metric in PART_OF_WORK[part])


def leave_part(on: date, area: str, part: str) -> Iterator[Delta]:
    return (Delta(area, metric, on, exact_amount(-1)) for metric in PART_OF_WORK[part])


def move_part(on: date, before: tuple[str, str], after: tuple[str, str]) -> Iterator[Delta]:
    """A recording leaves one area and part and enters another; where it counts as before, nothing is said."""
    is_same = before[0] == after[0]
    yield from (d for d in leave_part(on, *before) if not (is_same and d.metric in PART_OF_WORK[after[1]]))
    yield from (d for d in enter_part(on, *after) if not (is_same and d.metric in PART_OF_WORK[before[1]]))
