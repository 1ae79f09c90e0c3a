"""One bad event stops no other and is kept (P13): B149 to B162 among ten thousand good ones, on both databases."""

import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from types import SimpleNamespace
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import func, select

from services.reporting.main import service
from services.reporting.projection.apply import apply_batch
from services.reporting.rebuild.checksums import Checksums, read_checksums
from shared.db import Database, Session
from shared.events import EVENTS, codec
from shared.events.received import to_received_event
from shared.messaging.inbox import (
    CannotBeFolded,
    DatabaseInbox,
    ReceivedEvent,
    malformed_record,
    parked_event,
    position,
)
from shared.messaging.outbox import partition_of
from shared.service import Service
from tests.oracle.random_world import PublishedEvent, World
from tests.reporting.projection.memory_source import EPOCH, MemorySource, drain

pytestmark = pytest.mark.timeout(300)

SOURCE = "recording"
RECORDS = 10_000
UNKNOWN_TYPE = "rekap.recording.said_by_a_later_release.v1"
NEXT_MAJOR = "rekap.recording.recordings.captured.v2"
FOLD_FAILS = "B162 the fold fails for this one"
CAPTURED = "rekap.recording.recordings.captured.v1"

MALFORMED: dict[str, Callable[[bytes], bytes | None]] = {
    "B149 not JSON": lambda good: good[:-1],
    "B150 no value": lambda good: None,
    "B151 no attributes": lambda good: b'{"data":{}}',
    "B156 sequence unpadded": lambda good: envelope_with(good, sequence="7"),
    "B156 sequence of no digits": lambda good: envelope_with(good, sequence="seven"),
    "B156 sequence 0": lambda good: envelope_with(good, sequence="0" * 20),
    "B157 another source": lambda good: envelope_with(good, source="/rekap/blanks"),
    "B158 a megabyte": lambda good: b"[" * 1_000_000,
}
NEVER_READABLE: dict[str, dict[str, object]] = {
    "B154 a field is missing": {"data": {"district": "61.03"}},
    "B155 a field of another type": {"data": {"district": 61, "items": "none"}},
    "B159 the year 9999": {"time": "9999-12-31T23:59:59Z"},
}
READABLE_LATER: dict[str, dict[str, object]] = {
    "B152 unknown type": {"type": UNKNOWN_TYPE},
    "B153 newer major": {"type": NEXT_MAJOR},
    FOLD_FAILS: {},
}
BAD = [*MALFORMED, *NEVER_READABLE, *READABLE_LATER]


def envelope_with(line: bytes, **changes: object) -> bytes:
    return msgspec.json.encode(msgspec.json.decode(line) | changes)


def encode(said: PublishedEvent) -> bytes:
    row = SimpleNamespace(
        seq=1, known_at=said.at, event_id=said.id, type=said.event.type, subject="a subject",
        home=said.event.district, data=msgspec.json.encode(said.event).decode(), traceparent=None,
    )  # fmt: skip
    return codec.encode(row, SOURCE, EPOCH)


def spread_bad_events(said: Sequence[PublishedEvent], chance: random.Random) -> dict[int, str]:
    """-> which of the records are bad, and how. What a later release will read again must be of one known type."""
    found: dict[int, str] = {}
    captured = [number for number in range(RECORDS) if said[number].event.type == CAPTURED]
    for kind in (BAD * 8)[:100]:
        pool = captured if kind in READABLE_LATER else range(RECORDS)
        found[chance.choice([number for number in chance.sample(pool, 200) if number not in found])] = kind
    return found


class MixedSource:
    """Ten thousand records, a hundred of them bad; and the good ones as they should have been said."""

    def __init__(self, seed: int) -> None:
        chance, self.source = random.Random(seed), MemorySource(SOURCE)
        said = [each for each in World(seed, steps=13_000).log if each.service == SOURCE]
        assert len(said) >= RECORDS
        self.good: list[ReceivedEvent] = []
        self.fails: set[UUID] = set()
        self.counts: Counter[str] = Counter()
        bad = spread_bad_events(said, chance)
        for number, each in enumerate(said[:RECORDS]):
            self.tell(encode(each), bad.get(number))

    def tell(self, line: bytes, bad: str | None) -> None:
        if bad in MALFORMED:
            self.source.put(partition_of("61.03"), MALFORMED[bad](line))
        elif bad in NEVER_READABLE:
            self.source.say(line, **NEVER_READABLE[bad])
        else:
            seq = self.source.say(line, **READABLE_LATER.get(bad or "", {}))
            self.keep(line, seq, fails=bad == FOLD_FAILS)
        self.counts[bad or "good"] += 1

    def keep(self, line: bytes, seq: int, *, fails: bool) -> None:
        envelope = codec.read(envelope_with(line, sequence=codec.sequence_of(seq)), SOURCE)
        self.good.append(to_received_event(SOURCE, partition_of(envelope.partitionkey), envelope))
        if fails:
            self.fails.add(UUID(envelope.id))

    def number(self, kinds: Sequence[str]) -> int:
        return sum(self.counts[kind] for kind in kinds)

    async def fold(self, session: Session, batch: Sequence[ReceivedEvent]) -> None:
        if any(each.origin.id in self.fails for each in batch):
            raise CannotBeFolded("this one")
        await apply_batch(session, batch)


async def count_rows(database: Database, table: object) -> int:
    async with database.read() as session:
        query = select(func.count()).select_from(table)  # type: ignore[arg-type]  # a table
        return int((await (await session.connection()).execute(query)).scalar_one())


async def applied_count(database: Database) -> int:
    async with database.read() as session:
        return int((await (await session.connection()).execute(select(func.sum(position.c.last_seq)))).scalar_one())


async def checksums_of(database: Database) -> Checksums:
    async with database.read() as session:
        return await read_checksums(session)


class TestBadEvents:
    async def test_hold_up_nothing_and_are_kept(
        self, open_database: Callable[[Service], Awaitable[Database]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told, results = MixedSource(3), Counter[str]()
        assert all(told.counts[kind] for kind in BAD)
        books, oracle = await open_database(service), await open_database(service)
        inbox = DatabaseInbox(books, SOURCE, told.fold, lambda _, __, result, number: results.update({result: number}))
        await drain(told.source, inbox)

        parked, stray = await count_rows(books, parked_event), await count_rows(books, malformed_record)
        assert results["applied"] + parked + stray == RECORDS
        assert (parked, stray) == (told.number([*NEVER_READABLE, *READABLE_LATER]), told.number([*MALFORMED]))
        assert await applied_count(books) == RECORDS - stray

        told.fails.clear()  # a later release folds it, and knows the new type and the new major
        monkeypatch.setitem(EVENTS, UNKNOWN_TYPE, EVENTS[CAPTURED])
        monkeypatch.setitem(EVENTS, NEXT_MAJOR, EVENTS[CAPTURED])
        done = await inbox.unpark()
        assert (done.folded, done.left) == (told.number([*READABLE_LATER]), told.number([*NEVER_READABLE]))
        for start in range(0, len(told.good), 500):
            async with oracle.write() as session:
                await apply_batch(session, told.good[start : start + 500])
        assert await checksums_of(books) == await checksums_of(oracle)
