"""Lean: the envelope with only what a fold needs of an event, in one go; for a room that takes them by the thousand."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, TypeVar

import msgspec

from shared.events import codec
from shared.events.codec import Envelope, is_uuid, source_of

AnyLeanEnvelope = TypeVar("AnyLeanEnvelope", bound="LeanEnvelope")
BRACE = ord("{")
LAST_DIGITS = [f"{number:03d}" for number in range(1000)]


class LeanEnvelope(msgspec.Struct, tag_field="type", gc=False):
    """Where an event stands. A room adds a class per type it meets often, tagged with it: what it needs of the data."""

    id: str
    source: str
    sequence: str
    history: str
    time: Annotated[datetime, msgspec.Meta(tz=True)]


def read(
    decoder: msgspec.json.Decoder[AnyLeanEnvelope] | None, values: Sequence[bytes | None], source: str
) -> list[AnyLeanEnvelope | Envelope]:
    """Whole where the type is none of the room's, or its data are not as they should be. Raises Stray."""
    if decoder is None:
        return [codec.read(value, source) for value in values]
    if at_once := read_lines(decoder, values):
        return at_once
    found: list[AnyLeanEnvelope | Envelope] = []
    for value in values:
        try:
            found.append(decoder.decode(value or b""))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            found.append(codec.read(value, source))
    return found


def read_lines(
    decoder: msgspec.json.Decoder[AnyLeanEnvelope], values: Sequence[bytes | None]
) -> list[AnyLeanEnvelope | Envelope] | None:
    """All in one call. None where any of them is odd, or more or less than one line."""
    try:
        # where each begins an object each is at least one line, and as many lines as values are one each
        if [value[0] for value in values].count(BRACE) < len(values):  # type: ignore[index]  # without a value: TypeError
            return None
        found: list[AnyLeanEnvelope | Envelope] = [*decoder.decode_lines(b"\n".join(values))]  # type: ignore[arg-type]  # as above
    except (TypeError, IndexError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return found if len(found) == len(values) else None


def is_next_in_sequence(found: Sequence[LeanEnvelope | Envelope], after: int, *, source: str, history: str) -> bool:
    """Whether these are the next numbers of this source and history, none left out and none twice."""
    number = len(found)
    return (
        number > 0
        and [each.sequence for each in found] == sequence_texts(after + 1, number)
        and [each.source for each in found].count(source_of(source)) == number
        and [each.history for each in found].count(history) == number
        and is_uuid(found[-1].id)
    )


def sequence_texts(first: int, number: int) -> list[str]:
    """As `sequence_of`, of so many in a row: thousand by thousand only the end is new."""
    found: list[str] = []
    while len(found) < number:
        thousand, start = divmod(first + len(found), 1000)
        front = f"{thousand:017d}"
        found += [front + end for end in LAST_DIGITS[start : start + number - len(found)]]
    return found
