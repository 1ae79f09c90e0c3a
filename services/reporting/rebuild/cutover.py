"""Cutover from the live read models to the rebuilt ones, and back."""

import asyncio
from functools import partial

from sqlalchemy import delete, select

from services.reporting.models import Rebuild, core
from services.reporting.projection.apply import apply_batch
from shared.base import clock
from shared.base.errors import Unavailable
from shared.base.logging import log
from shared.db import Database
from shared.db.shadow_schema import ShadowSchema
from shared.events import TOPICS
from shared.messaging.consumer import Consumer
from shared.messaging.inbox import DatabaseInbox
from shared.messaging.transports.http_feed import HttpFeed
from shared.security import tokens
from shared.settings import ServiceSettings

LOOK_SECONDS = 1.0
WAIT_SECONDS = 60.0


async def cut_over(settings: ServiceSettings) -> bool:
    """From outside: put the ready books beside in the place of the live ones.

    -> false where that is for the service itself and none took them meanwhile: its next start will.
    """
    beside = ShadowSchema(settings.database_url)
    if beside.is_file:
        return await wait_for_cutover(beside, settings)
    fresh = beside.database()
    await fresh.open()
    try:
        await catch_up(settings, fresh)  # most of it before anybody waits
        await beside.switch(partial(catch_up, settings, fresh))
    finally:
        await fresh.close()
    return True


async def roll_back(settings: ServiceSettings) -> bool:
    """Take over the books that the last switch put aside, brought to the present. As `take_over`.

    Raises NothingBeside; Stopped where a source began a new history since.
    """
    beside = ShadowSchema(settings.database_url)
    await beside.restore_previous()
    await beside.migrate("reporting")
    previous = beside.database()
    await previous.open()
    try:
        await catch_up(settings, previous)
        await record_ready(previous, "gone back to")
    finally:
        await previous.close()
    return await cut_over(settings)


async def catch_up(settings: ServiceSettings, books: Database) -> None:
    """Fold what every source has said since, until there is no more."""
    for source in TOPICS:
        token = tokens.feed_token(settings, audience=f"rekap-{source}")
        feed = HttpFeed(settings.sources[source], token)
        consumer = Consumer(source, DatabaseInbox(books, source, apply_batch), feed, feed, on_bus=False)
        try:
            await consumer.begin()
            await consumer.catch_up()
            await consumer.note_complete()
        finally:
            await feed.close()


async def wait_for_cutover(beside: ShadowSchema, settings: ServiceSettings) -> bool:
    """Whether the service that has the files open takes those beside within a while; not where none listens."""
    for _ in range(int(WAIT_SECONDS / LOOK_SECONDS)):
        if not await beside.exists():
            return True
        if not await is_service_running(settings):
            return False
        await asyncio.sleep(LOOK_SECONDS)
    return False


async def is_service_running(settings: ServiceSettings) -> bool:
    try:
        _, writer = await asyncio.open_connection(settings.host, settings.port)
    except OSError:
        return False
    writer.close()
    return True


async def watch_for_rebuild(live: Database, settings: ServiceSettings) -> None:
    """In the service: where nobody else can switch files under it, take over what is ready."""
    beside = ShadowSchema(settings.database_url)
    while beside.is_file:
        if await beside.exists() and await is_ready(beside):
            try:
                await replace_files(live, beside, settings)
            except Unavailable:
                log.warning("takeover_put_off", exc_info=True)  # somebody reads or writes for long: again in a second
        await asyncio.sleep(LOOK_SECONDS)


async def replace_files(live: Database, beside: ShadowSchema, settings: ServiceSettings) -> None:
    """Raises Busy with nothing changed."""
    fresh = beside.database()
    await fresh.open()
    try:
        await catch_up(settings, fresh)
        async with live.exclusive_writer():
            await catch_up(settings, fresh)
            await fresh.close()
            await live.replace_files(beside.switch_files)
    finally:
        await fresh.close()
    log.info("books_taken_over")


async def switch_before_start(settings: ServiceSettings) -> None:
    """Before the service opens its files: what is ready takes their place."""
    beside = ShadowSchema(settings.database_url)
    if beside.is_file and await beside.exists() and await is_ready(beside):
        beside.switch_files()


async def is_ready(beside: ShadowSchema) -> bool:
    fresh = beside.database()
    await fresh.open()
    try:
        async with fresh.read() as session:
            query = select(core(Rebuild).c.state)
            return (await (await session.connection()).execute(query)).scalar() == "ready"
    finally:
        await fresh.close()


async def record_ready(books: Database, reason: str) -> None:
    at = clock.now()
    row = {"number": 1, "state": "ready", "began_at": at, "ready_at": at, "differences": 0, "reason": reason}
    async with books.write() as session:
        connection = await session.connection()
        await connection.execute(delete(core(Rebuild)))
        await connection.execute(core(Rebuild).insert(), row)
