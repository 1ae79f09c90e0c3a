"""Stopping a process by SIGTERM with long polls open (P42): at once not ready, soon gone, and nothing to log about."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from services.equipment.main import service
from shared.security.dev_issuer import DevIssuer
from tests.backends.forked_process import start_command
from tests.backends.kafka import free_ports
from tests.conftest import MakeUrl

ISSUER = "http://127.0.0.1/rekap"
PATIENCE_SECONDS = 60
STOP_SECONDS = 3  # beyond the drain; P42 promises 10


class Process:
    """`rekap serve equipment`, and the polls that hang on it."""

    def __init__(self, folder: Path, url: str, *, drain_seconds: float) -> None:
        [port] = free_ports(1)
        self.url, self.log = f"http://127.0.0.1:{port}", folder / "log"
        variables = {
            "REKAP_EQUIPMENT_PORT": str(port),
            "REKAP_EQUIPMENT_DATABASE_URL": url,
            "REKAP_DATA_FOLDER": str(folder),
            "REKAP_ISSUER": ISSUER,
            "REKAP_DRAIN_SECONDS": str(drain_seconds),
        }
        command = [sys.executable, "-m", "deploy.cli", "serve", "equipment"]
        self.process = start_command(command, {**os.environ, **variables}, self.log)
        token = DevIssuer(folder, ISSUER).issue(scopes=["events:read"], areas=["*"], audience=["rekap-equipment"])
        headers = {"Authorization": f"Bearer {token}"}
        self.client = httpx.AsyncClient(base_url=self.url, timeout=40, trust_env=False, headers=headers)

    async def status(self, path: str) -> int:
        """0 where nobody listens."""
        try:
            return (await self.client.get(path)).status_code
        except httpx.TransportError:
            return 0

    async def until_ready(self) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await self.status("/readyz") != 200:
                assert self.process.poll() is None, self.log.read_text()
                await asyncio.sleep(0.05)

    async def poll(self) -> httpx.Response:
        return await self.client.get("/v1/events", params={"wait": "25"})

    async def gone_after(self) -> float:
        began = time.monotonic()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.process.poll() is None:  # noqa: ASYNC110 -- a process has no event
                await asyncio.sleep(0.02)
        return time.monotonic() - began


Start = Callable[[float], Awaitable[Process]]


@pytest.fixture
async def start(make_url: MakeUrl, folder: Path) -> AsyncIterator[Start]:
    """Call it with the seconds of the drain: the process, once it is ready."""
    started: list[Process] = []

    async def starting(drain_seconds: float) -> Process:
        started.append(Process(folder, await make_url(service), drain_seconds=drain_seconds))
        await started[-1].until_ready()
        return started[-1]

    yield starting
    for each in started:
        await each.client.aclose()
        each.process.send_signal(signal.SIGKILL)
        await asyncio.to_thread(each.process.wait)


async def test_is_not_ready_at_once_and_answers_while_it_drains(start: Start) -> None:
    process = await start(2)
    poll = asyncio.create_task(process.poll())
    await asyncio.sleep(0.5)
    process.process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(1):
        answer = await poll
        while await process.status("/readyz") != 503:  # noqa: ASYNC110 -- a process has no event
            await asyncio.sleep(0.02)
    assert (answer.status_code, answer.content) == (200, b"[]")
    assert await process.status("/livez") == 200
    assert await process.gone_after() < 2 + STOP_SECONDS
    check_log(process)


async def test_is_gone_soon_also_where_the_reader_left_in_the_midst_of_a_poll(start: Start) -> None:
    process = await start(0)
    poll, left = asyncio.create_task(process.poll()), asyncio.create_task(process.poll())
    await asyncio.sleep(0.5)
    left.cancel()
    await asyncio.sleep(0.2)
    process.process.send_signal(signal.SIGTERM)
    assert await process.gone_after() < STOP_SECONDS
    assert (await poll).status_code == 200
    check_log(process)


def check_log(process: Process) -> None:
    text = process.log.read_text()
    assert process.process.poll() == 0
    assert '"stopped"' in text
    for word in ("Traceback", "CancelledError", "exceeded", '"level":"error"'):
        assert word not in text
