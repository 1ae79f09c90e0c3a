"""Takeover: books beside take the place of the live ones while these are read; and the previous ones again.

Both sides are halted at one position for it: the live ones fold nothing, the others follow until there.
"""

import asyncio
from functools import partial

from sqlalchemy import delete, select

from services.reporting.handlers import fold
from services.reporting.models import Rebuild, core
from shared import clock, tokens
from shared.beside import Beside
from shared.bus.feed import HttpFeed
from shared.consumer import Consumer
from shared.db import Database
from shared.errors import Unavailable
from shared.events import TOPICS
from shared.inbox import DatabaseInbox
from shared.logging import log
from shared.settings import ServiceSettings

LOOK_SECONDS = 1.0
WAIT_SECONDS = 60.0


async def take_over(settings: ServiceSettings) -> bool:
    """From outside: put the ready books beside in the place of the live ones.

    -> false where that is for the service itself and none took them meanwhile: its next start will.
    """
    beside = Beside(settings.database_url)
    if beside.is_file:
        return await is_taken(beside, settings)
    fresh = beside.database()
    await fresh.open()
    try:
        await follow(settings, fresh)  # most of it before anybody waits
        await beside.switch(partial(follow, settings, fresh))
    finally:
        await fresh.close()
    return True


async def go_back(settings: ServiceSettings) -> bool:
    """Take over the books that the last switch put aside, brought to the present. As `take_over`.

    Raises NothingBeside; Stopped where a source began a new history since.
    """
    beside = Beside(settings.database_url)
    await beside.recall()
    await beside.migrate("reporting")
    previous = beside.database()
    await previous.open()
    try:
        await follow(settings, previous)
        await say_ready(previous, "gone back to")
    finally:
        await previous.close()
    return await take_over(settings)


async def follow(settings: ServiceSettings, books: Database) -> None:
    """Fold what every source has said since, until there is no more."""
    for source in TOPICS:
        token = tokens.feed_token(settings, audience=f"rekap-{source}")
        feed = HttpFeed(settings.sources[source], token)
        consumer = Consumer(source, DatabaseInbox(books, source, fold), feed, feed, on_bus=False)
        try:
            await consumer.begin()
            await consumer.catch_up()
            await consumer.note_complete()
        finally:
            await feed.close()


async def is_taken(beside: Beside, settings: ServiceSettings) -> bool:
    """Whether the service that has the files open takes those beside within a while; not where none listens."""
    for _ in range(int(WAIT_SECONDS / LOOK_SECONDS)):
        if not await beside.is_there():
            return True
        if not await listens(settings):
            return False
        await asyncio.sleep(LOOK_SECONDS)
    return False


async def listens(settings: ServiceSettings) -> bool:
    try:
        _, writer = await asyncio.open_connection(settings.host, settings.port)
    except OSError:
        return False
    writer.close()
    return True


async def keep_looking(live: Database, settings: ServiceSettings) -> None:
    """In the service: where nobody else can switch files under it, take over what is ready."""
    beside = Beside(settings.database_url)
    while beside.is_file:
        if await beside.is_there() and await is_ready(beside):
            try:
                await replace(live, beside, settings)
            except Unavailable:
                log.warning("takeover_put_off", exc_info=True)  # somebody reads or writes for long: again in a second
        await asyncio.sleep(LOOK_SECONDS)


async def replace(live: Database, beside: Beside, settings: ServiceSettings) -> None:
    """Raises Busy with nothing changed."""
    fresh = beside.database()
    await fresh.open()
    try:
        await follow(settings, fresh)
        async with live.halted():
            await follow(settings, fresh)
            await fresh.close()
            await live.replace(beside.switch_files)
    finally:
        await fresh.close()
    log.info("books_taken_over")


async def switch_before_start(settings: ServiceSettings) -> None:
    """Before the service opens its files: what is ready takes their place."""
    beside = Beside(settings.database_url)
    if beside.is_file and await beside.is_there() and await is_ready(beside):
        beside.switch_files()


async def is_ready(beside: Beside) -> bool:
    fresh = beside.database()
    await fresh.open()
    try:
        async with fresh.read() as session:
            query = select(core(Rebuild).c.state)
            return (await (await session.connection()).execute(query)).scalar() == "ready"
    finally:
        await fresh.close()


async def say_ready(books: Database, reason: str) -> None:
    at = clock.now()
    row = {"number": 1, "state": "ready", "began_at": at, "ready_at": at, "differences": 0, "reason": reason}
    async with books.write() as session:
        connection = await session.connection()
        await connection.execute(delete(core(Rebuild)))
        await connection.execute(core(Rebuild).insert(), row)
