"""The time a request may take before it is given up; lifted where slowness is the point: streams, uploads, polls."""

import asyncio
from types import TracebackType
from typing import Self

from starlette.types import Scope

KEY = "rekap_deadline"  # in the request's scope


class Deadline:
    """seconds: None is for ever."""

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self.timeout = asyncio.timeout(seconds)
        self.is_on = False

    async def __aenter__(self) -> Self:
        await self.timeout.__aenter__()
        self.is_on = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.is_on = False
        await self.timeout.__aexit__(kind, error, trace)

    def move(self, seconds: float | None) -> None:
        if self.is_on and not self.timeout.expired():
            self.timeout.reschedule(None if seconds is None else asyncio.get_running_loop().time() + seconds)


def lift(scope: Scope) -> None:
    """From here on it may take as long as it takes."""
    if KEY in scope:
        scope[KEY].move(None)


def renew(scope: Scope) -> None:
    """The whole time once more, from here on."""
    if KEY in scope:
        scope[KEY].move(scope[KEY].seconds)
