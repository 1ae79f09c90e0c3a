"""Recordings: which part of the work each is in."""

from collections.abc import Iterator
from datetime import date

from services.reporting.subjects.effects import Delta
from services.reporting.subjects.meanings import explains
from shared.base.amounts import exact_amount
from shared.events.metrics import PART_OF_WORK
from shared.events.recording import recordings


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
