"""Shapes: what figures need of the events that come by the hundred thousand. Ids and words are left out.

Without them many events are the same and are only counted; and whatever the area and day, those of one form mean the
same, so that `deltas` is asked once for each form. An event with several items means what its items mean one by one.
tests/reporting/test_shapes.py holds all three against `deltas`.
"""

from datetime import date
from typing import Annotated, Any, ClassVar
from uuid import UUID

import msgspec

from shared.events import Event, recording
from shared.events.lean import Lean
from shared.events.recording import Many, Part

# what an event must say, and no figure listens to
UNHEARD = {"movement": str(UUID(int=0)), "state": "any", "reason": "any"}
UNHEARD_OF_ITEMS = {"recording": str(UUID(int=0))}

Form = tuple[tuple[Any, ...], tuple[str, ...], date]  # what tells it from others; its areas; its day. Any: hashable


class Captured(msgspec.Struct, frozen=True, gc=False):
    area: str
    captured_on: date
    early: bool = False


class CapturedShape(msgspec.Struct, frozen=True, gc=False):
    district: str
    items: Annotated[tuple[Captured, ...], Many]

    def form(self) -> Form:
        [item] = self.items
        return (CapturedShape, item.early), (item.area,), item.captured_on


class At(msgspec.Struct, frozen=True, gc=False):
    area: str


class StateChangedShape(msgspec.Struct, frozen=True, gc=False):
    district: str
    occurred_on: date
    left: Part
    entered: Part
    items: Annotated[tuple[At, ...], Many]

    def form(self) -> Form:
        return (StateChangedShape, self.left, self.entered), (self.items[0].area,), self.occurred_on


class Move(msgspec.Struct, frozen=True, gc=False):
    left_area: str
    entered_area: str


class AreaChangedShape(msgspec.Struct, frozen=True, gc=False):
    district: str
    occurred_on: date
    part: Part
    items: Annotated[tuple[Move, ...], Many]

    def form(self) -> Form:
        [item] = self.items
        stays = item.left_area == item.entered_area
        return (AreaChangedShape, self.part, stays), (item.left_area, item.entered_area), self.occurred_on


class RequiredMovedShape(msgspec.Struct, frozen=True, gc=False):
    items: ClassVar[tuple[()]] = ()

    district: str
    area: str
    occurred_on: date
    people: int

    def form(self) -> Form:
        return (RequiredMovedShape, self.people), (self.area,), self.occurred_on


Shape = CapturedShape | StateChangedShape | AreaChangedShape | RequiredMovedShape


class CapturedLean(Lean, tag=recording.RecordingsCaptured.type, gc=False):
    data: CapturedShape


class StateChangedLean(Lean, tag=recording.RecordingsStateChanged.type, gc=False):
    data: StateChangedShape


class AreaChangedLean(Lean, tag=recording.RecordingsAreaChanged.type, gc=False):
    data: AreaChangedShape


class RequiredMovedLean(Lean, tag=recording.RequiredPopulationMoved.type, gc=False):
    data: RequiredMovedShape


Often = CapturedLean | StateChangedLean | AreaChangedLean | RequiredMovedLean
OFTEN = {"recording": msgspec.json.Decoder(Often)}  # by source; of the others no type comes so often
OF: dict[type[Any], type[Event]] = {  # Any: shapes
    CapturedShape: recording.RecordingsCaptured,
    StateChangedShape: recording.RecordingsStateChanged,
    AreaChangedShape: recording.RecordingsAreaChanged,
    RequiredMovedShape: recording.RequiredPopulationMoved,
}


def event_of(shape: Shape) -> Event:
    """An event of this shape, checked as any is. Raises msgspec.ValidationError."""
    said = msgspec.to_builtins(shape)
    items = [item | UNHEARD_OF_ITEMS for item in said.get("items", ())]
    found: Event = msgspec.convert({**UNHEARD, **said, "items": items}, OF[type(shape)])
    return found
