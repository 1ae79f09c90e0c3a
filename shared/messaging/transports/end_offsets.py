"""End offsets: what a source says of its own log: epoch, and the newest sequence number of each partition."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class EndOffset(NamedTuple):
    """The newest number of a partition, with the id that stands there."""

    seq: int
    id: str | None


class EndOffsets(NamedTuple):
    """What a source says of itself. `at`: everything stamped later is known later."""

    history: UUID
    previous_epochs: Mapping[
        UUID, Mapping[int, int]
    ]  # earlier histories: up to which seqs they say the same as this one
    partitions: Mapping[int, EndOffset]
    at: datetime
