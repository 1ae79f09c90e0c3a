"""The bus port: how a publisher appends its log and a consumer reads it. Two adapters: Kafka, and the HTTP feed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol


class Outgoing(NamedTuple):
    """A stamped event on its way out."""

    seq: int
    key: str
    value: bytes


class Incoming(NamedTuple):
    """What was read. `offset`: where it stood in Kafka, or its seq in the feed."""

    partition: int
    offset: int
    value: bytes | None


class RecordBatch(NamedTuple):
    """Records of one partition, one behind the other, as they were read: cheaper by the hundred than one by one."""

    partition: int
    offsets: Sequence[int]
    values: Sequence[bytes | None]

    def records(self) -> Iterator[Incoming]:
        return (Incoming(self.partition, *each) for each in zip(self.offsets, self.values, strict=True))


class SeekPosition(NamedTuple):
    """How far a consumer is in one partition. `hint`: the Kafka offset of the last applied event, if known."""

    last_seq: int
    hint: int | None = None


class Position(NamedTuple):
    """A position with the id that stands there."""

    last_seq: int
    last_id: str | None
    hint: int | None


class Log(Protocol):
    """The publisher's side of one topic."""

    async def append(self, partition: int, records: Sequence[Outgoing]) -> bool:
        """True: acknowledged, all of them. False: nobody knows. Never raises and never hangs."""
        ...

    async def close(self) -> None: ...


class Subscription(Protocol):
    """The consumer's side of one source."""

    async def seek(self, positions: Mapping[int, SeekPosition]) -> None:
        """Read on after these positions."""
        ...

    async def read(self) -> Sequence[Incoming]:
        """What follows, waiting for some seconds if there is nothing; may be empty. Never hangs."""
        ...

    async def close(self) -> None: ...


class BatchSubscription(Subscription, Protocol):
    """A tail that can also give what it reads by the stretch."""

    async def read_batches(self) -> Sequence[RecordBatch]:
        """As `read`."""
        ...
