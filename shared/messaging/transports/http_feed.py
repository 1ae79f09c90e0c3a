"""The feed adapter: reads a publisher's outbox over HTTP. Its append does nothing, because the outbox is the log."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import httpx
import msgspec

from shared.messaging.outbox import PARTITIONS, partition_of
from shared.messaging.transports import Incoming, SeekPosition
from shared.messaging.transports.end_offsets import EndOffset, EndOffsets
from shared.security.tls import ssl_context

EVENTS_PER_REQUEST = 1000
TIMEOUT_SECONDS = 5.0

TokenSource = Callable[[], Awaitable[str]]
_batch = msgspec.json.Decoder(list[msgspec.Raw])


class _Place(msgspec.Struct):
    sequence: str
    partitionkey: str


class EndOffsetsAnswer(msgspec.Struct):
    """The answer of `/v1/events/heads`."""

    source: str
    history: UUID
    at: datetime
    partitions: list["PartitionEnd"]
    former: list["PreviousEpoch"] = []


class PreviousEpoch(msgspec.Struct):
    """An earlier history: up to which seqs it says the same as the present one."""

    history: UUID
    until: list[int]


class PartitionEnd(msgspec.Struct):
    partition: int
    seq: int
    id: str | None
    time: datetime | None
    began_after: int


def parse_event(value: bytes) -> Incoming:
    place = msgspec.json.decode(value, type=_Place)
    return Incoming(partition_of(place.partitionkey), int(place.sequence), value)


def seq_in_url(seq: int) -> str:
    """As an address may hold it: a bare run of sixteen digits would pass for a person's number."""
    return str(seq) if seq < 10**15 else f"{seq:017}"


class HttpFeed:
    """One source's feed. token: gives a bearer token with `events:read`."""

    def __init__(self, base_url: str, token: TokenSource, *, wait_seconds: float = 20) -> None:
        self.base_url, self.token, self.wait_seconds = base_url.rstrip("/"), token, wait_seconds
        self.client = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False, verify=ssl_context())
        self.positions: dict[int, SeekPosition] = {}

    async def end_offsets(self) -> EndOffsets:
        answer = await self._get("/v1/events/heads", {})
        found = msgspec.json.decode(answer.content, type=EndOffsetsAnswer)
        return EndOffsets(
            found.history,
            {each.history: dict(enumerate(each.until)) for each in found.former},
            {part.partition: EndOffset(part.seq, part.id) for part in found.partitions},
            found.at,
        )

    async def read_after(self, positions: Mapping[int, SeekPosition]) -> Sequence[Incoming]:
        return await self._read(positions, wait_seconds=0)

    async def seek(self, positions: Mapping[int, SeekPosition]) -> None:
        self.positions = dict(positions)

    async def read(self) -> Sequence[Incoming]:
        """What follows, by one long poll over all partitions."""
        incoming = await self._read(self.positions, wait_seconds=self.wait_seconds)
        for record in incoming:
            self.positions[record.partition] = SeekPosition(record.offset)
        return incoming

    async def close(self) -> None:
        await self.client.aclose()

    async def _read(self, positions: Mapping[int, SeekPosition], *, wait_seconds: float) -> Sequence[Incoming]:
        after = ",".join(seq_in_url(positions[partition].last_seq) for partition in range(PARTITIONS))
        query = {"after": after, "limit": str(EVENTS_PER_REQUEST)} | (
            {"wait": str(int(wait_seconds))} if wait_seconds >= 1 else {}
        )
        answer = await self._get("/v1/events", query, timeout=TIMEOUT_SECONDS + wait_seconds)
        return [parse_event(bytes(raw)) for raw in _batch.decode(answer.content)]

    async def _get(self, path: str, query: Mapping[str, str], timeout: float = TIMEOUT_SECONDS) -> httpx.Response:
        headers = {"Authorization": f"Bearer {await self.token()}"}
        answer = await self.client.get(self.base_url + path, params=dict(query), headers=headers, timeout=timeout)
        answer.raise_for_status()
        return answer
