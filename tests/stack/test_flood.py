"""A flood: 500 sockets that dribble for some seconds, and the services go on answering."""

import asyncio
import contextlib
import ssl
import statistics
import time

import pytest

from tests import factories as make
from tests.stack.installation import Installation

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

SOCKETS = 500
FLOOD_SECONDS = 8
OPENED_AT_ONCE = 50
PLENTY_SECONDS = 5.0  # of a machine that does other things too; alone it is some hundredths


class TestSlowSockets:
    async def test_tie_up_nobody(self, installation: Installation) -> None:
        """Half of them never end their head, half never their body; each that is cut off comes back."""
        quiet = await timed(installation, 10)
        slow = [asyncio.create_task(keep_dribbling(installation, number)) for number in range(SOCKETS)]
        await asyncio.sleep(1)
        flooded = await timed(installation, 40)
        held = [await task for task in slow]
        assert sum(held) >= SOCKETS, "fewer connections than sockets: there was no flood"
        assert max(flooded) < max(PLENTY_SECONDS, 2 * max(quiet))
        print(f"median {statistics.median(quiet) * 1000:.0f} ms, flooded {statistics.median(flooded) * 1000:.0f} ms")

    async def test_leave_the_services_as_they_were(self, installation: Installation) -> None:
        headers = {"Authorization": f"Bearer {installation.token('recording')}"}
        answer = await installation.outside.post("/v1/recordings", json=make.recording(), headers=headers)
        assert answer.status_code == 201


async def timed(installation: Installation, number: int) -> list[float]:
    """Seconds of a report and of a capture, one after the other. Any refusal fails."""
    headers = {"Authorization": f"Bearer {installation.token('recording')}"}
    took = []
    for _ in range(number):
        began = time.monotonic()
        report = await installation.outside.get(f"/v1/reports/{make.SANGGAU}")
        capture = await installation.outside.post("/v1/recordings", json=make.recording(), headers=headers)
        took.append(time.monotonic() - began)
        assert (report.status_code, capture.status_code) == (200, 201)
    return took


async def keep_dribbling(installation: Installation, number: int) -> int:
    """-> how many connections it had the gateway hold."""
    end, held = time.monotonic() + FLOOD_SECONDS, 0
    context = ssl.create_default_context(cafile=str(installation.gateway.ca_file))
    while time.monotonic() < end:
        with contextlib.suppress(OSError, ssl.SSLError, TimeoutError):
            async with asyncio.timeout(max(0.1, end - time.monotonic())):
                reader, writer = await asyncio.open_connection(
                    "127.0.0.1", installation.gateway.https, ssl=context, server_hostname="localhost"
                )
                held += 1
                try:
                    await dribble(reader, writer, ends_its_head=number % 2 == 0)
                finally:
                    writer.transport.abort()
    return held


async def dribble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, ends_its_head: bool) -> None:
    writer.write(b"POST /v1/recordings HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n")
    if ends_its_head:
        writer.write(b"Content-Length: 100000\r\n\r\n")
    while not reader.at_eof():
        writer.write(b"a" if ends_its_head else b"X-A: b\r\n")
        await writer.drain()
        await asyncio.sleep(0.25)
