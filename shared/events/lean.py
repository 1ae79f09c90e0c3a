"""Lean: the envelope with only what a fold needs of an event, in one go; for a room that takes them by the thousand."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, TypeVar

import msgspec

from shared.events import codec
from shared.events.codec import Envelope, is_uuid, sequence_of, source_of

Found = TypeVar("Found", bound="Lean")


class Lean(msgspec.Struct, tag_field="type", gc=False):
    """Where an event stands. A room adds a class per type it meets often, tagged with it: what it needs of the data."""

    id: str
    source: str
    sequence: str
    history: str
    time: Annotated[datetime, msgspec.Meta(tz=True)]


def read(
    decoder: msgspec.json.Decoder[Found] | None, values: Sequence[bytes | None], source: str
) -> list[Found | Envelope]:
    """Whole where the type is none of the room's, or its data are not as they should be. Raises Stray."""
    if decoder is None:
        return [codec.read(value, source) for value in values]
    found: list[Found | Envelope] = []
    for value in values:
        try:
            found.append(decoder.decode(value or b""))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            found.append(codec.read(value, source))
    return found


def follow(found: Sequence[Lean | Envelope], after: int, *, source: str, history: str) -> bool:
    """Whether these are the next numbers of this source and history, none left out and none twice."""
    wanted = [sequence_of(seq) for seq in range(after + 1, after + 1 + len(found))]
    return (
        [each.sequence for each in found] == wanted
        and {each.source for each in found} == {source_of(source)}
        and {each.history for each in found} == {history}
        and is_uuid(found[-1].id)
    )
