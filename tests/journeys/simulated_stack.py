"""A stack in simulated time: its services follow a clock file, and whoever tests it looks at the same one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import date, datetime
from pathlib import Path

from shared.base import clock
from simulator.service_client import NOON, ServiceClient
from tests.journeys.stack import SERVICES, Stack


class SimulatedStack(Stack):
    def __init__(self, kind: str, folder: Path) -> None:
        super().__init__(kind, folder)
        self.clock = clock.ClockFile(folder / "clock")
        self.seen: dict[str, object] = {}  # figures as they were read first

    def environment(self, name: str = "") -> dict[str, str]:
        return {**super().environment(name), "REKAP_CLOCK_FILE": str(self.clock.file), "REKAP_HEADS_SECONDS": "5"}

    async def rebuild(self, areas: tuple[str, ...]) -> tuple[str, list[str]]:
        """Beside the live books, while somebody reads on, then switched. -> the output, and wrong reads."""
        rebuilt = asyncio.Event()
        reading = asyncio.create_task(self.read_on(areas, rebuilt))
        try:
            output = await self.rekap("rebuild")
        finally:
            rebuilt.set()
        wrong = await reading
        await self.kill("reporting")
        await self.start("reporting")
        return output, wrong + await self.read_on(areas, rebuilt)

    async def read_on(self, areas: tuple[str, ...], rebuilt: asyncio.Event) -> list[str]:
        """What was read that is not what it was; once more at the end."""
        wrong = []
        while True:
            is_last = rebuilt.is_set()
            for area in areas:
                figures = (await self.report(area))["figures"]
                if self.seen.setdefault(area, figures) != figures:
                    wrong.append(f"{area}: {figures}")
            if is_last:
                return wrong
            await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def simulated_stack(kind: str, folder: Path, begin: date) -> AsyncIterator[tuple[SimulatedStack, ServiceClient]]:
    """A stack of a kind with nothing in it, on a day. Raises run.Missing."""
    stack = SimulatedStack(kind, folder)
    stack.clock.move(datetime.combine(begin, NOON))
    with clock.override_time(stack.clock):
        try:
            await stack.open()
            services = {name: stack.url(name) for name in SERVICES}
            async with contextlib.aclosing(ServiceClient(services, stack.token, stack.clock)) as client:
                yield stack, client
        finally:
            await stack.close()
