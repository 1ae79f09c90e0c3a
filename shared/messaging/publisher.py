"""The publisher: stamp what is new, send it in order, mark what was acknowledged. Two at once are harmless."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import Any, NamedTuple, Protocol

from shared.base import clock
from shared.db import Database
from shared.events import codec
from shared.messaging import outbox, sequencing
from shared.messaging.transports import Log, Outgoing

SEND_AT_ONCE = 500  # of one partition: a record batch of some 300 kB
IDLE_SECONDS = (0.01, 0.25)  # how long to wait when there is nothing: from, to
PAUSE_SECONDS = (
    0.015  # between two steps: what is said meanwhile goes together, and a step costs the same for one event
)
FULL_STEP_EVENTS = 500  # events in a step: then more is waiting
SQLITE_WAIT_SECONDS = 5.0
WATERMARK_SECONDS = 10  # how often a quiet partition says that nothing happened meanwhile


Work = Coroutine[Any, Any, None]  # Any: as Coroutine wants it


async def sequentially(works: Iterable[Work]) -> None:
    for work in works:
        await work


async def concurrently(works: Iterable[Work]) -> None:
    """While the broker writes one partition, the next is packed. Where one fails, all end."""
    async with asyncio.TaskGroup() as tasks:
        for work in works:
            tasks.create_task(work)


class PublishPage(NamedTuple):
    """What stands behind the mark of one partition, ready to be sent, in order. Never empty."""

    partition: int
    mark: int
    records: Sequence[Outgoing]

    @property
    def last_seq(self) -> int:
        return self.records[-1].seq


class PublisherStore(Protocol):
    """What the publisher needs of a database."""

    def changes(self) -> int: ...
    async def wait(self, since: int, seconds: float) -> None: ...
    async def pause(self, done: int) -> None: ...
    async def assign_sequence(self) -> int: ...
    async def advance_watermark(self) -> None: ...
    async def unpublished_pages(self, limit: int) -> Sequence[PublishPage]: ...
    async def advance_published(self, pages: Sequence[PublishPage]) -> int: ...


class Publisher:
    """Hands one service's outbox over to the bus, per partition in order of seq."""

    def __init__(
        self,
        store: PublisherStore,
        log: Log | None,
        *,
        each: Callable[[Iterable[Work]], Awaitable[None]] = sequentially,
    ) -> None:
        """log: none where the feed is all there is; then the marks move with the numbers. each: how to send pages."""
        self.store, self.log, self.each = store, log, each

    async def run(self) -> None:
        """For ever. Two loops, so that a silent broker delays no number and no feed."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.repeat(self.assign_sequence))
            tasks.create_task(self.keep_advancing_watermark())
            if self.log is not None:
                tasks.create_task(self.repeat(self.publish_pages))

    async def repeat(self, step: Callable[[], Awaitable[int]]) -> None:
        """Again after a moment while there is something to do; else at the next commit heard of, or ever later."""
        idle = IDLE_SECONDS[0]
        while True:
            seen = self.store.changes()
            if done := await step():
                idle = IDLE_SECONDS[0]
                await self.store.pause(done)
            else:
                await self.store.wait(seen, idle)
                idle = min(idle * 2, IDLE_SECONDS[1])

    async def keep_advancing_watermark(self) -> None:
        while True:
            await self.store.advance_watermark()
            await asyncio.sleep(WATERMARK_SECONDS)

    async def assign_sequence(self) -> int:
        """Number what is new. -> how much that was."""
        return await self.store.assign_sequence()

    async def publish_pages(self) -> int:
        """Send what is behind the marks, a page of each partition. -> how much that was."""
        pages = await self.store.unpublished_pages(SEND_AT_ONCE)
        acknowledged: list[PublishPage] = []
        await self.each(self.send(page, acknowledged) for page in pages)
        if acknowledged:
            # only now: marked first, a lost batch would never be sent
            await self.store.advance_published(acknowledged)
        return sum(len(page.records) for page in pages)

    async def send(self, page: PublishPage, acknowledged: list[PublishPage]) -> None:
        """On any doubt the mark stays where it was."""
        assert self.log is not None
        if await self.log.append(page.partition, page.records):
            acknowledged.append(page)


class DatabasePublisherStore:
    """The publisher's store in the service's own database. feed_only: there is no bus."""

    def __init__(self, database: Database, service: str, *, feed_only: bool = False) -> None:
        self.database, self.service, self.feed_only = database, service, feed_only
        self._more = False  # whether there was something to number the last time: then look no further

    def changes(self) -> int:
        return self.database.commits

    async def wait(self, since: int, seconds: float) -> None:
        """On SQLite a commit wakes it, so it need not look in between."""
        if self.database.is_sqlite:
            await self.database.wait_for_commit(since, SQLITE_WAIT_SECONDS)
        else:
            await asyncio.sleep(seconds)

    async def pause(self, done: int) -> None:
        if done < FULL_STEP_EVENTS and not self.database.is_sqlite:
            await asyncio.sleep(PAUSE_SECONDS)

    async def assign_sequence(self) -> int:
        if not self._more and not await sequencing.has_pending(self.database):
            return 0
        sequenced = await sequencing.assign_sequence(self.database, clock.now, feed_only=self.feed_only)
        self._more = bool(sequenced)
        return sequenced

    async def advance_watermark(self) -> None:
        await sequencing.advance_watermark(self.database, clock.now, feed_only=self.feed_only)

    async def unpublished_pages(self, limit: int) -> Sequence[PublishPage]:
        pages = []
        for behind in await outbox.read_unpublished(self.database, limit):
            records = [
                Outgoing(row.seq, row.home, codec.encode(row, self.service, behind.history)) for row in behind.rows
            ]
            pages.append(PublishPage(behind.partition, behind.mark, records))
            await asyncio.sleep(0)  # with a backlog, requests get their turn
        return pages

    async def advance_published(self, pages: Sequence[PublishPage]) -> int:
        moves = [(page.partition, page.mark, page.last_seq) for page in pages]
        return await outbox.advance_published(self.database, moves)
