"""The time a request may take before it is given up; lifted where slowness is the point: streams, uploads, polls."""

import asyncio
from types import TracebackType
from typing import ClassVar, Self

from starlette.types import Scope

SCOPE_KEY = "rekap_deadline"  # in the request's scope
GIVE_WAY_SECONDS = 0.003  # no longer, or an upload would end only when nobody asks for anything
POLL_SECONDS = 0.0005


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


def lift_deadline(scope: Scope) -> None:
    """From here on it may take as long as it takes."""
    if SCOPE_KEY in scope:
        scope[SCOPE_KEY].reschedule(None)


def renew_deadline(scope: Scope) -> None:
    """The whole time once more, from here on."""
    if SCOPE_KEY in scope:
        scope[SCOPE_KEY].reschedule(scope[SCOPE_KEY].seconds)


async def yield_to_requests() -> None:
    """For whoever works long without a deadline: nothing for a moment while a request that has one is under way."""
    loop = asyncio.get_running_loop()
    until = loop.time() + GIVE_WAY_SECONDS
    await asyncio.sleep(0)
    while Deadline.active and loop.time() < until:  # noqa: ASYNC110 -- a timeout around an event costs more than looks
        await asyncio.sleep(POLL_SECONDS)
