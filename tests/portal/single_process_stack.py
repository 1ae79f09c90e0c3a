"""Single-process stack: the four services in one process, as `make run` has them, with the tests' own ports."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import httpx

from tests.journeys.stack import SERVICES, Stack

READY_SECONDS = 60
LONG_DEADLINE = {"REKAP_HANDLING_SECONDS": "60"}  # where many share a machine, a page may take its time


class SingleProcessStack(Stack):
    """Cheaper to start than four processes, and nothing here depends on their being apart."""

    def __init__(self, kind: str, folder: Path) -> None:
        super().__init__(kind, folder)
        self.client.timeout = httpx.Timeout(60)

    def environment(self, name: str = "") -> dict[str, str]:
        return super().environment(name) | LONG_DEADLINE

    async def open(self) -> None:
        for name in SERVICES:
            self.databases[name] = f"sqlite+aiosqlite:///{self.folder / name}.db"
        command = [sys.executable, "-m", "deploy.cli", "run", "--no-load"]
        with (self.folder / "house.log").open("ab") as log:
            self.processes["house"] = subprocess.Popen(command, env=self.environment(), stdout=log, stderr=log)
        until = time.monotonic() + READY_SECONDS
        while not all([await self.is_ready(name) for name in SERVICES]):
            assert self.processes["house"].poll() is None, self.log_of("house")
            assert time.monotonic() < until, self.log_of("house")
            await asyncio.sleep(0.1)
