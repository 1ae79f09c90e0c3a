"""The publisher: stamp what is new, send it in order, mark what was acknowledged. Two at once are harmless."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import select

from shared import clock, outbox
from shared.bus import Log, Outgoing
from shared.db import Database, Session
from shared.events import codec
from shared.outbox import Counter, Stamped

SEND_AT_ONCE = 1000  # of one partition: a record batch of some 600 kB
IDLE_SECONDS = (0.01, 0.25)  # how long to wait when there is nothing: from, to
REST_SECONDS = 0.015  # between two steps: what is said meanwhile goes together, and a step costs the same for one event
ENOUGH = 500  # events in a step: then more is waiting
LONG_SECONDS = 5.0
TICK_SECONDS = 10  # how often a quiet partition says that nothing happened meanwhile


Work = Coroutine[Any, Any, None]  # Any: as Coroutine wants it


async def one_by_one(works: Iterable[Work]) -> None:
    for work in works:
        await work


async def together(works: Iterable[Work]) -> None:
    """While the broker writes one partition, the next is read and encoded. Where one fails, all end."""
    async with asyncio.TaskGroup() as tasks:
        for work in works:
            tasks.create_task(work)


class Store(Protocol):
    """What the publisher needs of a database."""

    def changes(self) -> int: ...
    async def wait(self, since: int, seconds: float) -> None: ...
    async def rest(self, done: int) -> None: ...
    async def stamp(self) -> int: ...
    async def tick(self) -> None: ...
    async def counters(self) -> Sequence[Counter]: ...
    async def page(self, partition: int, after: int, limit: int) -> Sequence[Outgoing]: ...
    async def move_mark(self, partition: int, before: int, after: int) -> bool: ...


class Publisher:
    """Hands one service's outbox over to the bus, per partition in order of seq."""

    def __init__(
        self, store: Store, log: Log | None, *, each: Callable[[Iterable[Work]], Awaitable[None]] = one_by_one
    ) -> None:
        """log: none where the feed is all there is; then the mark follows the numbers. each: how to send partitions."""
        self.store, self.log, self.each = store, log, each

    async def run(self) -> None:
        """For ever. Two loops, so that a silent broker delays no number and no feed."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.keep_doing(self.stamp))
            tasks.create_task(self.keep_doing(self.hand_over))
            tasks.create_task(self.keep_ticking())

    async def keep_doing(self, step: Callable[[], Awaitable[int]]) -> None:
        """Again after a moment while there is something to do; else at the next commit heard of, or ever later."""
        idle = IDLE_SECONDS[0]
        while True:
            seen = self.store.changes()
            if done := await step():
                idle = IDLE_SECONDS[0]
                await self.store.rest(done)
            else:
                await self.store.wait(seen, idle)
                idle = min(idle * 2, IDLE_SECONDS[1])

    async def keep_ticking(self) -> None:
        while True:
            await self.store.tick()
            await asyncio.sleep(TICK_SECONDS)

    async def stamp(self) -> int:
        """Number what is new. -> how much that was."""
        return await self.store.stamp()

    async def hand_over(self) -> int:
        """Send what is behind the marks, a batch per partition. -> how much that was."""
        behind = [state for state in await self.store.counters() if state.mark < state.n]
        await self.each(self.send(state) for state in behind)
        return sum(state.n - state.mark for state in behind)

    async def send(self, state: Counter) -> None:
        """Send what is behind the mark of one partition; on any doubt leave the mark where it was."""
        if self.log is None:
            await self.store.move_mark(state.partition, state.mark, state.n)
            return
        page = await self.store.page(state.partition, state.mark, SEND_AT_ONCE)
        if page and await self.log.append(state.partition, page):
            # only after the acknowledgement: marked first, a lost batch would never be sent
            await self.store.move_mark(state.partition, state.mark, page[-1].seq)


class DatabaseStore:
    """The publisher's store in the service's own database. feed_only: there is no bus."""

    def __init__(self, database: Database, service: str, *, feed_only: bool = False) -> None:
        self.database, self.service, self.feed_only = database, service, feed_only
        self._more = False  # whether there was something to number the last time: then look no further

    def changes(self) -> int:
        return self.database.commits

    async def wait(self, since: int, seconds: float) -> None:
        """On SQLite a commit wakes it, so it need not look in between."""
        if self.database.is_sqlite:
            await self.database.changed(since, LONG_SECONDS)
        else:
            await asyncio.sleep(seconds)

    async def rest(self, done: int) -> None:
        if done < ENOUGH and not self.database.is_sqlite:
            await asyncio.sleep(REST_SECONDS)

    async def stamp(self) -> int:
        if not self._more and not await self._is_waiting():
            return 0
        async with self.database.write() as session:
            stamped = await outbox.stamp(session, clock.now, feed_only=self.feed_only)
        self._more = bool(stamped)
        return stamped

    async def _is_waiting(self) -> bool:
        waiting = select(outbox.outbox.c.id).where(outbox.outbox.c.seq.is_(None)).limit(1)
        async with self.database.alone() as connection:
            return (await connection.execute(waiting)).first() is not None

    async def tick(self) -> None:
        async with self.database.write() as session:
            await outbox.tick(session, clock.now)

    async def counters(self) -> Sequence[Counter]:
        async with self.database.alone() as connection:
            return await outbox.counters(connection)

    async def page(self, partition: int, after: int, limit: int) -> Sequence[Outgoing]:
        async with self.database.read() as session:
            history = await current_history(session)
            rows = await outbox.read_after(session, partition, after, limit=limit)
        return [outgoing(row, self.service, history) for row in rows]

    async def move_mark(self, partition: int, before: int, after: int) -> bool:
        async with self.database.alone(writes=True) as connection:
            return await outbox.move_mark(connection, partition, before, after)


def outgoing(row: Stamped, service: str, history: UUID) -> Outgoing:
    return Outgoing(row.seq, row.home, codec.encode(row, service, history))


async def current_history(session: Session) -> UUID:
    query = select(outbox.history.c.id).order_by(outbox.history.c.number.desc()).limit(1)
    id: UUID = (await (await session.connection()).execute(query)).scalar_one()
    return id
