"""Histories: stamped events as a release published them, and the digests of the books they fold to."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from services.reporting.projection.apply import apply_batch
from services.reporting.rebuild.checksums import Checksums, read_checksums
from shared.db import Database
from shared.events import TOPICS, codec
from shared.events.received import to_received_event
from shared.messaging.inbox import ReceivedEvent
from shared.messaging.outbox import partition_of

HERE = Path(__file__).parent
BATCH_SIZE = 100


def releases() -> list[Path]:
    return sorted(folder for folder in HERE.iterdir() if (folder / "histories").is_dir())


def histories() -> list[Path]:
    """A folder each: a file of envelopes per source, one a line, and the digests."""
    return [history for release in releases() for history in sorted((release / "histories").iterdir())]


def read_lines(history: Path) -> Iterator[tuple[str, bytes]]:
    """-> source and envelope."""
    for source in TOPICS:
        file = history / f"{source}.ndjson"
        if file.exists():
            yield from ((source, line) for line in file.read_bytes().splitlines())


def to_received(source: str, line: bytes) -> ReceivedEvent:
    envelope = codec.read(line, source)
    return to_received_event(source, partition_of(envelope.partitionkey), envelope)


def stored_checksums(history: Path) -> Checksums:
    found: Checksums = json.loads((history / "digests.json").read_text())
    return found


async def checksums_of(database: Database, history: Path) -> Checksums:
    """Fold a history into empty books."""
    async for batch in read_batches(history):
        async with database.write() as session:
            await apply_batch(session, batch)
    async with database.read() as session:
        return await read_checksums(session)


async def read_batches(history: Path) -> AsyncIterator[list[ReceivedEvent]]:
    everything = [to_received(source, line) for source, line in read_lines(history)]
    for start in range(0, len(everything), BATCH_SIZE):
        yield everything[start : start + BATCH_SIZE]
