"""Memory source: a source whose log is feed and tail at once, so the real consumer and inbox run without a network."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from shared.events import codec
from shared.messaging.consumer import Consumer
from shared.messaging.inbox import DatabaseInbox
from shared.messaging.outbox import PARTITIONS, partition_of
from shared.messaging.transports import Incoming, SeekPosition
from shared.messaging.transports.end_offsets import EndOffset, EndOffsets

EPOCH = UUID("01988f00-0000-7000-8000-000000000999")
PAGE_SIZE = 500


class MemorySource:
    """Numbers what it is told to say, and gives it page by page; what is in no sequence comes once, in between."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.values: dict[int, list[bytes]] = defaultdict(list)
        self.records: list[Incoming] = []  # as they lie in the topic
        self.offsets: dict[int, int] = defaultdict(int)
        self.read_until = 0

    def say(self, line: bytes, **changes: object) -> int:
        """-> the number it got."""
        told = msgspec.json.decode(line)
        partition = partition_of(told["partitionkey"])
        seq = len(self.values[partition]) + 1
        value = msgspec.json.encode(told | {"sequence": codec.sequence_of(seq), "history": str(EPOCH)} | changes)
        self.values[partition].append(value)
        self.put(partition, value)
        return seq

    def put(self, partition: int, value: bytes | None) -> None:
        """A record as anybody may write it."""
        self.records.append(Incoming(partition, self.offsets[partition], value))
        self.offsets[partition] += 1

    async def end_offsets(self) -> EndOffsets:
        heads = {partition: self.head(partition) for partition in range(PARTITIONS)}
        return EndOffsets(EPOCH, {}, heads, datetime(2030, 1, 1, tzinfo=UTC))

    def head(self, partition: int) -> EndOffset:
        values = self.values[partition]
        return EndOffset(len(values), codec.read(values[-1], self.source).id if values else None)

    async def read_after(self, positions: Mapping[int, SeekPosition]) -> Sequence[Incoming]:
        found: list[Incoming] = []
        for partition, at in positions.items():
            values = self.values[partition][at.last_seq : at.last_seq + PAGE_SIZE - len(found)]
            found += [Incoming(partition, at.last_seq + 1 + number, value) for number, value in enumerate(values)]
        return found

    async def seek(self, positions: Mapping[int, SeekPosition]) -> None:
        return

    async def read(self) -> Sequence[Incoming]:
        found = self.records[self.read_until : self.read_until + PAGE_SIZE]
        self.read_until += len(found)
        return found

    async def close(self) -> None:
        return


async def drain(source: MemorySource, inbox: DatabaseInbox) -> Consumer:
    """Let a consumer take everything that lies in the topic, once."""
    consumer = Consumer(source.source, inbox, source, source, heads_seconds=1e9)
    await consumer.begin()
    while source.read_until < len(source.records):
        await consumer.step()
    return consumer
