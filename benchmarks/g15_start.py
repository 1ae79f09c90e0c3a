"""G15: from the start of the `rekap` process, on an empty folder, to the first request each service answers."""

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

from benchmarks import harness
from benchmarks.harness import Bench, Goal, Measured
from benchmarks.server_process import connect, free_port, request_bytes
from shared.settings import PORTS

GOAL = Goal("G15", "embedded start to the first request served", "absolute", 5, 2, unit="s", most=True)
PATIENCE_SECONDS = 60


async def measure(bench: Bench) -> Sequence[Measured]:
    async def start() -> float:
        ports = {name: free_port() for name in PORTS}
        with tempfile.TemporaryDirectory(dir=bench.folder) as folder:
            given = {f"REKAP_{name.upper()}_PORT": str(port) for name, port in ports.items()}
            given |= {"REKAP_DATA_FOLDER": folder}
            began = time.perf_counter()
            running = subprocess.Popen(  # noqa: ASYNC220 -- nothing else runs while it starts
                [sys.executable, "-m", "deploy.cli", "run", "--no-load"],
                env={**os.environ, **given}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
            try:
                await asyncio.gather(*(first_answer(port) for port in ports.values()))
                return time.perf_counter() - began
            finally:
                running.terminate()
                await asyncio.to_thread(running.wait)

    return [await bench.each(GOAL, start)]


async def first_answer(port: int) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                async with connect(port) as client:
                    if (await client.ask(request_bytes("GET", "/livez")))[0] == 200:
                        return
            await asyncio.sleep(0.01)


if __name__ == "__main__":
    harness.main([GOAL], measure)
