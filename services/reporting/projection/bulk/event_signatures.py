"""Event signatures: all that tells of an event how it counts, without who and when."""

from datetime import date
from typing import Annotated, Any, ClassVar
from uuid import UUID

import msgspec

from shared.events.base import Event
from shared.events.lean_decoder import LeanEnvelope
from shared.events.recording import population, recordings
from shared.events.recording.recordings import NonEmptyItems, Part

# what an event must say, and no figure listens to
PLACEHOLDERS = {"movement": str(UUID(int=0)), "state": "any", "reason": "any"}
ITEM_PLACEHOLDERS = {"recording": str(UUID(int=0))}

SignatureKey = tuple[
    tuple[Any, ...], tuple[str, ...], date
]  # what tells it from others; its areas; its day. Any: hashable


class CapturedItemSignature(msgspec.Struct, frozen=True, gc=False):
    area: str
    captured_on: date
    early: bool = False


class CapturedSignature(msgspec.Struct, frozen=True, gc=False):
    district: str
    items: Annotated[tuple[CapturedItemSignature, ...], NonEmptyItems]

    def form(self) -> SignatureKey:
        [item] = self.items
        return (CapturedSignature, item.early), (item.area,), item.captured_on


class RecordingAtSignature(msgspec.Struct, frozen=True, gc=False):
    area: str


class StateChangedSignature(msgspec.Struct, frozen=True, gc=False):
    district: str
    occurred_on: date
    left: Part
    entered: Part
    items: Annotated[tuple[RecordingAtSignature, ...], NonEmptyItems]

    def form(self) -> SignatureKey:
        return (StateChangedSignature, self.left, self.entered), (self.items[0].area,), self.occurred_on


class MoveSignature(msgspec.Struct, frozen=True, gc=False):
    left_area: str
    entered_area: str


class AreaChangedSignature(msgspec.Struct, frozen=True, gc=False):
    district: str
    occurred_on: date
    part: Part
    items: Annotated[tuple[MoveSignature, ...], NonEmptyItems]

    def form(self) -> SignatureKey:
        [item] = self.items
        stays = item.left_area == item.entered_area
        return (AreaChangedSignature, self.part, stays), (item.left_area, item.entered_area), self.occurred_on


class RequiredMovedSignature(msgspec.Struct, frozen=True, gc=False):
    items: ClassVar[tuple[()]] = ()

    district: str
    area: str
    occurred_on: date
    people: int

    def form(self) -> SignatureKey:
        return (RequiredMovedSignature, self.people), (self.area,), self.occurred_on


Signature = CapturedSignature | StateChangedSignature | AreaChangedSignature | RequiredMovedSignature


class CapturedLean(LeanEnvelope, tag=recordings.RecordingsCaptured.type, gc=False):
    data: CapturedSignature


class StateChangedLean(LeanEnvelope, tag=recordings.RecordingsStateChanged.type, gc=False):
    data: StateChangedSignature


class AreaChangedLean(LeanEnvelope, tag=recordings.RecordingsAreaChanged.type, gc=False):
    data: AreaChangedSignature


class RequiredMovedLean(LeanEnvelope, tag=population.RequiredPopulationMoved.type, gc=False):
    data: RequiredMovedSignature


FrequentEvent = CapturedLean | StateChangedLean | AreaChangedLean | RequiredMovedLean
FREQUENT_DECODERS = {
    "recording": msgspec.json.Decoder(FrequentEvent)
}  # by source; of the others no type comes so often
EVENT_OF_SIGNATURE: dict[type[Any], type[Event]] = {  # Any: shapes
    CapturedSignature: recordings.RecordingsCaptured,
    StateChangedSignature: recordings.RecordingsStateChanged,
    AreaChangedSignature: recordings.RecordingsAreaChanged,
    RequiredMovedSignature: population.RequiredPopulationMoved,
}


def event_of(shape: Signature) -> Event:
    """An event of this shape, checked as any is. Raises msgspec.ValidationError."""
    said = msgspec.to_builtins(shape)
    items = [item | ITEM_PLACEHOLDERS for item in said.get("items", ())]
    found: Event = msgspec.convert({**PLACEHOLDERS, **said, "items": items}, EVENT_OF_SIGNATURE[type(shape)])
    return found
