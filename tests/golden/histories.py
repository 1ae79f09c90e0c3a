"""Histories: stamped events as a release published them, and the digests of the books they fold to."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from services.reporting.projection.apply import apply_batch
from services.reporting.rebuild.checksums import Checksums, read_checksums
from shared.db import Database
from shared.events import TOPICS, codec
from shared.events.received import received_of
from shared.messaging.inbox import Received
from shared.messaging.outbox import partition_of

HERE = Path(__file__).parent
BATCH = 100


def releases() -> list[Path]:
    return sorted(folder for folder in HERE.iterdir() if (folder / "histories").is_dir())


def histories() -> list[Path]:
    """A folder each: a file of envelopes per source, one a line, and the digests."""
    return [history for release in releases() for history in sorted((release / "histories").iterdir())]


def lines(history: Path) -> Iterator[tuple[str, bytes]]:
    """-> source and envelope."""
    for source in TOPICS:
        file = history / f"{source}.ndjson"
        if file.exists():
            yield from ((source, line) for line in file.read_bytes().splitlines())


def received(source: str, line: bytes) -> Received:
    envelope = codec.read(line, source)
    return received_of(source, partition_of(envelope.partitionkey), envelope)


def stored_digests(history: Path) -> Checksums:
    found: Checksums = json.loads((history / "digests.json").read_text())
    return found


async def digests_of(database: Database, history: Path) -> Checksums:
    """Fold a history into empty books."""
    async for batch in batches(history):
        async with database.write() as session:
            await apply_batch(session, batch)
    async with database.read() as session:
        return await read_checksums(session)


async def batches(history: Path) -> AsyncIterator[list[Received]]:
    everything = [received(source, line) for source, line in lines(history)]
    for start in range(0, len(everything), BATCH):
        yield everything[start : start + BATCH]
