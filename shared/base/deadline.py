"""Deadlines of what somebody waits for, and how long work gives way to it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import ClassVar, Self, TypeVar

ITEMS_PER_PART = 5  # of many that are worked on without the database
GIVE_WAY_AFTER_SECONDS = 0.0005  # after which others get their turn
GIVE_WAY_SECONDS = 0.003  # no longer, or long work would end only when nobody asks for anything
POLL_SECONDS = 0.0005

Element = TypeVar("Element")


class Deadline:
    """seconds: None is for ever."""

    active: ClassVar[set["Deadline"]] = set()  # of this process, and not lifted

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self.timeout = asyncio.timeout(seconds)
        self.is_active = False

    async def __aenter__(self) -> Self:
        await self.timeout.__aenter__()
        self.is_active = True
        if self.seconds is not None:
            self.active.add(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.is_active = False
        self.active.discard(self)
        await self.timeout.__aexit__(kind, error, trace)

    def reschedule(self, seconds: float | None) -> None:
        if self.is_active and not self.timeout.expired():
            (self.active.discard if seconds is None else self.active.add)(self)
            self.timeout.reschedule(None if seconds is None else asyncio.get_running_loop().time() + seconds)


async def in_parts(items: Sequence[Element]) -> AsyncIterator[Sequence[Element]]:
    """A few at a time. Whatever has a deadline goes first."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    for start in range(0, len(items), ITEMS_PER_PART):
        yield items[start : start + ITEMS_PER_PART]
        if loop.time() - began > GIVE_WAY_AFTER_SECONDS:
            await yield_to_requests()
            began = loop.time()


async def yield_to_requests() -> None:
    """For whoever works long without a deadline: nothing for a moment while a request that has one is under way."""
    loop = asyncio.get_running_loop()
    until = loop.time() + GIVE_WAY_SECONDS
    await asyncio.sleep(0)
    while Deadline.active and loop.time() < until:  # noqa: ASYNC110 -- a timeout around an event costs more than looks
        await asyncio.sleep(POLL_SECONDS)
