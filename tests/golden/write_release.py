"""`python -m tests.golden.write_release RELEASE [--shapes]`: what a release leaves behind, written once."""

import asyncio
import json
import sys
import tempfile
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import msgspec

from services.reporting.main import service
from shared.db import Database
from shared.events import EVENTS, PUBLISHER_OF, TOPICS, codec
from shared.messaging.outbox import PARTITIONS, partition_of
from shared.messaging.transports import SeekPosition
from shared.messaging.transports.http_feed import HttpFeed
from tests.backends import database_templates
from tests.golden.histories import HERE, checksums_of
from tests.journeys.stack import Stack
from tests.oracle.random_world import World

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "tests" / "shared" / "events" / "golden"
KNOWN_AT = datetime(2018, 12, 1, 3, tzinfo=UTC)
EPOCH = UUID("01988f00-0000-7000-8000-000000000999")
Lines = dict[str, list[bytes]]  # source -> envelopes


async def write(release: str) -> None:
    folder = HERE / release
    for name, found in (("offices", await office_events()), ("examples", example_events()), ("world", world_events())):
        history = folder / "histories" / name
        history.mkdir(parents=True, exist_ok=True)
        for source, lines in found.items():
            (history / f"{source}.ndjson").write_bytes(b"\n".join(lines) + b"\n")
        (history / "digests.json").write_text(json.dumps(await checksums_now(history), indent=1) + "\n")
    write_shapes(folder)


def write_shapes(folder: Path) -> None:
    for kind in ("schemas", "openapi"):
        shapes = {file.stem: json.loads(file.read_text()) for file in sorted((ROOT / "docs" / kind).glob("*.json"))}
        bare = {name: without_words(shape) for name, shape in shapes.items()}
        (folder / f"{kind}.json").write_text(json.dumps(bare, sort_keys=True, separators=(",", ":")) + "\n")


async def office_events() -> Lines:
    """As the services stamped it, but for the time: that of the load would say nothing."""
    found: Lines = {}
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack("sqlite", Path(folder))
        try:
            await stack.open()
            await stack.load()
            await stack.settle()
            for source in TOPICS:
                found[source] = [with_fixed_ids(line) for line in await all_events(stack, source)]
        finally:
            await stack.close()
    return found


async def all_events(stack: Stack, source: str) -> list[bytes]:
    async def token() -> str:
        return stack.token(source)

    feed, found = HttpFeed(stack.url(source), token), list[bytes]()
    places = {partition: SeekPosition(0) for partition in range(PARTITIONS)}
    while incoming := await feed.read_after(places):
        found += [record.value for record in incoming if record.value is not None]
        places |= {record.partition: SeekPosition(record.offset) for record in incoming}
    await feed.close()
    return found


def with_fixed_ids(line: bytes) -> bytes:
    return msgspec.json.encode(
        msgspec.json.decode(line) | {"time": codec.format_instant(KNOWN_AT), "history": str(EPOCH)}
    )


def example_events() -> Lines:
    """Numbered in the order of their types, each partition from 1."""
    found, seqs = defaultdict[str, list[bytes]](list), Counter[tuple[str, int]]()
    for type_, event in EVENTS.items():
        source, told = PUBLISHER_OF[event], msgspec.json.decode((EXAMPLES / f"{type_}.json").read_bytes())
        lane = source, partition_of(told["partitionkey"])
        seqs[lane] += 1
        found[source].append(msgspec.json.encode(told | {"sequence": codec.sequence_of(seqs[lane])}))
    return found


def world_events() -> Lines:
    found = defaultdict[str, list[bytes]](list)
    for said in World(1, steps=300).log:
        row = SimpleNamespace(
            seq=said.seq, known_at=said.at, event_id=said.id, type=said.event.type, subject="a subject",
            home=said.event.district, data=msgspec.json.encode(said.event).decode(), traceparent=None,
        )  # fmt: skip
        found[said.service].append(codec.encode(row, said.service, EPOCH))
    return found


async def checksums_now(history: Path) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        url = database_templates.sqlite_url(Path(folder) / "books.sqlite")
        await database_templates.prepare_database(service, url)
        database = Database(url)
        await database.open()
        found = await checksums_of(database, history)
        await database.close()
        return found


DOCUMENTATION_KEYS = ("description", "summary", "title", "examples", "example")


def without_words(shape: object) -> object:
    """What is compared: neither prose nor examples, unless a field is called so."""
    if isinstance(shape, list):
        return [without_words(each) for each in shape]
    if not isinstance(shape, dict):
        return shape
    return {
        name: {key: without_words(each) for key, each in value.items()}
        if name == "properties"
        else without_words(value)
        for name, value in shape.items()
        if name not in DOCUMENTATION_KEYS
    }


if __name__ == "__main__":
    if sys.argv[2:] == ["--shapes"]:  # while the release is still being made
        write_shapes(HERE / sys.argv[1])
    else:
        asyncio.run(write(sys.argv[1]))
