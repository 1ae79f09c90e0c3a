"""The publisher: stamp what is new, send it in order, mark what was acknowledged. Two at once are harmless."""

import asyncio
from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from sqlalchemy import select

from shared import clock, outbox
from shared.bus import Log, Outgoing
from shared.db import Database, Session
from shared.events import codec
from shared.outbox import Counter, Stamped

SEND_AT_ONCE = 500
IDLE_SECONDS = (0.01, 0.25)  # how long to wait when there is nothing: from, to


class Store(Protocol):
    """What the publisher needs of a database."""

    async def stamp(self) -> int: ...
    async def counters(self) -> Sequence[Counter]: ...
    async def page(self, partition: int, after: int, limit: int) -> Sequence[Outgoing]: ...
    async def move_mark(self, partition: int, before: int, after: int) -> bool: ...


class Publisher:
    """Hands one service's outbox over to the bus, per partition in order of seq."""

    def __init__(self, store: Store, log: Log | None) -> None:
        """log: none where the feed is all there is; then the mark follows the numbers."""
        self.store, self.log = store, log

    async def step(self) -> bool:
        """Stamp, send, mark, once. -> whether there was anything to do."""
        stamped = await self.store.stamp()
        behind = [state for state in await self.store.counters() if state.mark < state.n]
        for state in behind:
            await self.hand_over(state)
        return bool(stamped or behind)

    async def hand_over(self, state: Counter) -> None:
        """Send what is behind the mark of one partition; on any doubt leave the mark where it was."""
        if self.log is None:
            await self.store.move_mark(state.partition, state.mark, state.n)
            return
        page = await self.store.page(state.partition, state.mark, SEND_AT_ONCE)
        if page and await self.log.append(state.partition, page):
            # only after the acknowledgement: marked first, a lost batch would never be sent
            await self.store.move_mark(state.partition, state.mark, page[-1].seq)

    async def run(self, wake: asyncio.Event | None = None) -> None:
        """For ever. wake: set where commits of this process are heard of; else the outbox is asked, ever less often."""
        idle = IDLE_SECONDS[0]
        while True:
            if wake is not None:
                wake.clear()
            if await self.step():
                idle = IDLE_SECONDS[0]
                continue
            try:
                await asyncio.wait_for(wake.wait() if wake else asyncio.Event().wait(), idle)
            except TimeoutError:
                idle = min(idle * 2, IDLE_SECONDS[1])


class DatabaseStore:
    """The publisher's store in the service's own database."""

    def __init__(self, database: Database, service: str) -> None:
        self.database, self.service = database, service

    async def stamp(self) -> int:
        async with self.database.read() as session:
            waiting = select(outbox.outbox.c.id).where(outbox.outbox.c.seq.is_(None)).limit(1)
            if (await (await session.connection()).execute(waiting)).first() is None:
                return 0
        async with self.database.write() as session:
            return await outbox.stamp(session, now=clock.now())

    async def counters(self) -> Sequence[Counter]:
        async with self.database.read() as session:
            return await outbox.counters(session)

    async def page(self, partition: int, after: int, limit: int) -> Sequence[Outgoing]:
        async with self.database.read() as session:
            history = await current_history(session)
            rows = await outbox.read_after(session, partition, after, limit=limit)
        return [outgoing(row, self.service, history) for row in rows]

    async def move_mark(self, partition: int, before: int, after: int) -> bool:
        async with self.database.write() as session:
            return await outbox.move_mark(session, partition, before, after)


def outgoing(row: Stamped, service: str, history: UUID) -> Outgoing:
    return Outgoing(row.seq, row.home, codec.encode(row, service, history))


async def current_history(session: Session) -> UUID:
    query = select(outbox.history.c.id).order_by(outbox.history.c.number.desc()).limit(1)
    id: UUID = (await (await session.connection()).execute(query)).scalar_one()
    return id
