"""A flood: 500 sockets that dribble for some seconds at a gateway as it is shipped; the services go on answering."""

import asyncio
import ssl
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path
from statistics import median

import httpx
import psutil
import pytest
import pytest_asyncio

from shared.settings import PORTS
from tests import factories as make
from tests.stack.caddy_gateway import Gateway
from tests.stack.installation import Installation

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]

SOCKETS, SECONDS = 500, 60
HELD_CONNECTIONS = 100  # those that never end their head are closed after ten seconds, and opening takes some of them
PLENTY_SECONDS = 5.0  # of a machine that does other things too; alone it is some hundredths


@pytest_asyncio.fixture(loop_scope="session")
async def shipped_gateway(installation: Installation, tmp_path: Path) -> AsyncIterator[Gateway]:
    """A second gateway before the same services, with the times that are shipped."""
    gateway = Gateway(tmp_path, {name: f"127.0.0.1:{installation.ports[name]}" for name in PORTS}, times={})
    try:
        await asyncio.to_thread(gateway.start)
        yield gateway
    finally:
        await asyncio.to_thread(gateway.stop)


class TestSlowSockets:
    async def test_tie_up_nobody(self, installation: Installation, shipped_gateway: Gateway) -> None:
        context = ssl.create_default_context(cafile=str(shipped_gateway.ca_file))
        async with httpx.AsyncClient(
            base_url=shipped_gateway.url, verify=context, timeout=30, trust_env=False
        ) as outside:
            quiet = await request_times(installation, outside, 5)
            words = (str(shipped_gateway.https), str(shipped_gateway.ca_file), str(SOCKETS), str(SECONDS))
            flood = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.stack.flood", *words, stdin=PIPE, stdout=PIPE
            )
            assert flood.stdin is not None
            assert flood.stdout is not None
            assert await flood.stdout.readline() == f"open {SOCKETS}\n".encode()
            at_work = connections_to_recording(installation)
            flooded = await request_times(installation, outside, 10)
            flood.stdin.close()
            held = int((await flood.stdout.read()).split()[-1])
            assert await flood.wait() == 0
        times = [f"{median(each) * 1000:.0f} ms" for each in (quiet, flooded)]
        print(f"quiet {times[0]}, flooded {times[1]}; {held} sockets held, {at_work} connections to recording")
        assert held >= HELD_CONNECTIONS, "there was no flood any more when the last answer came"
        assert at_work < SOCKETS // 10, "bodies that dribble reached a service before they were whole"
        assert max(flooded) < max(PLENTY_SECONDS, 2 * max(quiet))


async def request_times(installation: Installation, outside: httpx.AsyncClient, number: int) -> list[float]:
    """Seconds of a report and a capture, one after the other, over new connections. Any refusal fails."""
    headers = {"Authorization": f"Bearer {installation.token('recording')}", "Connection": "close"}
    took = []
    for _ in range(number):
        began = time.monotonic()
        report = await outside.get(f"/v1/reports/{make.SANGGAU}", headers={"Connection": "close"})
        capture = await outside.post("/v1/recordings", json=make.recording(), headers=headers)
        took.append(time.monotonic() - began)
        assert (report.status_code, capture.status_code) == (200, 201)
    return took


def connections_to_recording(installation: Installation) -> int:
    process = psutil.Process(installation.processes["recording"].pid)
    held = [each for each in process.net_connections("tcp") if each.laddr.port == installation.ports["recording"]]
    return len([each for each in held if each.status == psutil.CONN_ESTABLISHED])
