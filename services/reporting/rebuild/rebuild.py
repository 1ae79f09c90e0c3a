"""Rebuild: fill, compare, cut over."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from sqlalchemy import select, update

from services.reporting.models import Rebuild, core
from services.reporting.projection.apply import apply_batch
from services.reporting.projection.bulk import bulk_load
from services.reporting.projection.bulk.bulk_load import FeedBatches
from services.reporting.rebuild.checksums import Checksums, differences, read_checksums
from shared.base import clock
from shared.db import Database
from shared.db.shadow_schema import ShadowSchema
from shared.events import TOPICS
from shared.messaging import outbox
from shared.messaging.consumer import Consumer, Feed
from shared.messaging.inbox import DatabaseInbox, position
from shared.messaging.transports import Incoming, SeekPosition
from shared.messaging.transports.end_offsets import EndOffsets
from shared.messaging.transports.http_feed import HttpFeed
from shared.security import tokens
from shared.settings import ServiceSettings

BEYOND_ALL = 10**18 - 1  # the largest number that a feed takes
ReportProgress = Callable[[int, int], None]  # events folded, of how many


class RebuildDiffers(Exception):
    """The new books are not the same as the live ones; they are taken over only for a reason."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(f"{len(names)} differ")
        self.names = names


class SeqVector(NamedTuple):
    """Where the live books stood, and what they held there."""

    positions: dict[str, dict[int, SeekPosition]]
    digests: Checksums

    @property
    def events(self) -> int:
        return sum(at.last_seq for mine in self.positions.values() for at in mine.values())


@dataclass
class RebuildOutcome:
    events: int
    differences: list[str] = field(default_factory=list)


async def rebuild(
    settings: ServiceSettings, *, reason: str = "", told: ReportProgress = lambda done, of: None
) -> RebuildOutcome:
    """Fill, compare, make ready. reason: why a difference is taken over. Raises Differs where there is none given."""
    live = Database(settings.database_url, durable=False)
    await live.open()
    try:
        vector = await read_vector(live)
    finally:
        await live.close()
    beside = ShadowSchema(settings.database_url)
    await beside.create("reporting")
    fresh = beside.database()
    await fresh.open()
    try:
        await mark_started(fresh)
        for source in TOPICS:
            await fill_from_source(settings, fresh, source, vector, told)
        await copy_kafka_offsets(fresh, vector)
        async with fresh.read() as session:
            found = differences(vector.digests, await read_checksums(session))
        if found and not reason:
            raise RebuildDiffers(found)
        await mark_ready(fresh, len(found), reason)
    finally:
        await fresh.close()
    return RebuildOutcome(vector.events, found)


async def read_vector(live: Database) -> SeqVector:
    """Positions and contents in one snapshot."""
    async with live.read() as session:
        rows = (await (await session.connection()).execute(select(position))).all()
        found: dict[str, dict[int, SeekPosition]] = {source: {} for source in TOPICS}
        for row in rows:
            found[row.source][row.partition] = SeekPosition(row.last_seq, row.hint)
        return SeqVector(found, await read_checksums(session))


class Source(Feed, Protocol):
    """A feed that is closed."""

    async def seek(self, positions: Mapping[int, SeekPosition]) -> None: ...
    async def close(self) -> None: ...


class FeedUpToEnds:
    """A source's feed that ends where the live books stood."""

    def __init__(self, feed: Source, ends: Mapping[int, SeekPosition]) -> None:
        self.feed, self.ends = feed, ends

    async def end_offsets(self) -> EndOffsets:
        return await self.feed.end_offsets()

    async def read_after(self, positions: Mapping[int, SeekPosition]) -> Sequence[Incoming]:
        """What is newer in a partition that is at its end would fill the page: of that one nothing is asked."""
        at_end = {partition for partition, end in self.ends.items() if positions[partition].last_seq >= end.last_seq}
        if at_end.issuperset(self.ends):
            return []
        found = await self.feed.read_after({**positions, **dict.fromkeys(at_end, SeekPosition(BEYOND_ALL))})
        return [each for each in found if each.offset <= self.ends[each.partition].last_seq]

    async def seek(self, positions: Mapping[int, SeekPosition]) -> None:
        await self.feed.seek(positions)

    async def read(self) -> Sequence[Incoming]:
        return []

    async def close(self) -> None:
        await self.feed.close()


async def fill_from_source(
    settings: ServiceSettings, fresh: Database, source: str, vector: SeqVector, told: ReportProgress
) -> None:
    """Fold one source from its first event to where the live books stood: from Kafka as far back as that reaches."""
    ends = vector.positions[source]
    if not any(end.last_seq for end in ends.values()):
        return
    token = tokens.feed_token(settings, audience=f"rekap-{source}")
    feed = FeedUpToEnds(HttpFeed(settings.sources[source], token), ends)
    folded = 0

    def count(_: str, __: int, result: str, number: int) -> None:
        nonlocal folded
        folded += number if result in ("applied", "parked") else 0
        told(folded, vector.events)

    inbox = DatabaseInbox(fresh, source, apply_batch, count)
    consumer = Consumer(source, inbox, feed, feed, on_bus=False)
    seqs = {partition: end.last_seq for partition, end in ends.items()}
    try:
        await consumer.begin()
        if settings.kafka:
            await bulk_load.bulk_load_from_topic(inbox, consumer.state, settings.brokers, settings.topic(source), seqs)
        await bulk_load.bulk_load(inbox, consumer.state, FeedBatches(feed), seqs)  # what Kafka has not, or not plainly
        await consumer.catch_up()  # what is odd, and all that stands behind it
    finally:
        await feed.close()


async def copy_kafka_offsets(fresh: Database, vector: SeqVector) -> None:
    """Where the live consumer stood in Kafka, so that the new one need not look for it."""
    async with fresh.write() as session:
        connection = await session.connection()
        for source, mine in vector.positions.items():
            for partition, at in mine.items():
                where = (position.c.source == source, position.c.partition == partition)
                await connection.execute(update(position).where(*where).values(hint=at.hint))


async def mark_started(fresh: Database) -> None:
    row = {"number": 1, "state": "filling", "began_at": clock.now(), "differences": 0, "reason": ""}
    async with fresh.write() as session:
        await (await session.connection()).execute(core(Rebuild).insert(), row)
    await outbox.initialize_outbox(fresh)


async def mark_ready(fresh: Database, number: int, reason: str) -> None:
    async with fresh.write() as session:
        said = {"state": "ready", "ready_at": clock.now(), "differences": number, "reason": reason}
        await (await session.connection()).execute(update(core(Rebuild)).values(said))
