"""Server process: a service or a bare yardstick as a process of its own, and a lean client for it."""

import asyncio
import contextlib
import gc
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from shared.security.dev_issuer import DevIssuer
from shared.settings import settings_of

PRODUCT_CODE = (
    "from deploy.server import run_async; from deploy.serving import serve_service; run_async(serve_service({name!r}))"
)
YARDSTICK_CODE = "from benchmarks.bare_app import serve; serve({port}, {url!r})"
START_SECONDS = 60
STREAM_LIMIT = 1 << 24
GIVEN_UP_SECONDS = 10.0


@contextlib.asynccontextmanager
async def run_service(name: str, folder: Path, url: str = "", *, plain: bool = False) -> AsyncIterator[int]:
    """A service as `rekap` serves it, on a database of its own; plain: without its fast routes. -> its port."""
    port = free_port()
    prefix = f"REKAP_{name.upper()}"
    given = {"REKAP_DATA_FOLDER": str(folder), f"{prefix}_PORT": str(port), "REKAP_LOG_LEVEL": "INFO"}
    given |= {f"{prefix}_DATABASE_URL": url, "REKAP_MIGRATE_ON_START": "false"} if url else {}
    given |= {"REKAP_FAST_ROUTES": "false"} if plain else {}
    async with run_process(PRODUCT_CODE.format(name=name), given, folder / f"{name}-{port}.log", port):
        yield port


@contextlib.asynccontextmanager
async def run_yardstick(folder: Path, url: str) -> AsyncIterator[int]:
    """The bare routes, one worker as ours, on the same loop and parser."""
    port = free_port()
    async with run_process(YARDSTICK_CODE.format(port=port, url=url), {}, folder / "yardstick.log", port):
        yield port


@contextlib.asynccontextmanager
async def run_process(code: str, given: dict[str, str], log: Path, port: int) -> AsyncIterator[None]:
    with log.open("w") as out:
        running = subprocess.Popen(  # noqa: ASYNC220 -- nothing else runs while a server starts
            [sys.executable, "-c", code], env={**os.environ, **given}, stdout=out, stderr=out, start_new_session=True
        )
        try:
            await wait_until_ready(port, running)
            yield
        finally:
            running.terminate()
            await asyncio.to_thread(running.wait)


async def wait_until_ready(port: int, running: "subprocess.Popen[bytes]") -> None:
    began = time.monotonic()
    while running.poll() is None and time.monotonic() - began < START_SECONDS:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            async with connect(port) as client:
                if (await client.ask(request_bytes("GET", "/livez")))[0] == 200:
                    return
        await asyncio.sleep(0.02)
    raise RuntimeError("a server did not start; its log says why")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return int(bound.getsockname()[1])


def bearer(name: str, folder: Path, *scopes: str) -> str:
    settings = settings_of(name, data_folder=folder)
    return DevIssuer(folder, settings.issuer).issue(scopes=scopes, areas=["*"])


def request_bytes(
    method: str, path: str, body: bytes = b"", *, token: str = "", media: str = "application/json"
) -> bytes:
    """A request as bytes, so that the client costs next to nothing."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"Content-Type: {media}"] if body else []
    lines += [f"Authorization: Bearer {token}"] if token else []
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Client:
    """One connection, one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        status, fields = int(head[9:12]), head.lower()
        if b"transfer-encoding: chunked" in fields:
            return status, b"".join([part async for part in self.chunks()])
        length = fields.partition(b"content-length:")[2].partition(b"\r\n")[0]
        return status, await self.reader.readexactly(int(length or b"0"))

    async def chunks(self) -> AsyncIterator[bytes]:
        while size := int(await self.reader.readline(), 16):
            yield (await self.reader.readexactly(size + 2))[:-2]
        await self.reader.readexactly(2)


@contextlib.asynccontextmanager
async def connect(port: int) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=STREAM_LIMIT)
    try:
        yield Client(reader, writer)
    finally:
        writer.close()


async def closed_loop_rate(port: int, requests: Sequence[bytes], good: int, *, clients: int) -> float:
    """Closed loop: as many requests a second as these clients get answered."""
    left = iter(requests)
    began = time.perf_counter()
    await asyncio.gather(*(send_in_turn(port, left, good) for _ in range(clients)))
    return len(requests) / (time.perf_counter() - began)


async def send_in_turn(port: int, left: Iterator[bytes], good: int) -> None:
    async with connect(port) as client:
        for request in left:
            status, body = await client.ask(request)
            assert status == good, body[:300]


async def open_loop_latencies(port: int, requests: Sequence[bytes], good: int, *, each_second: float) -> list[float]:
    """Open loop: a request is sent when it is due, answered or not, and its time counts from when it was due.

    One that a server at its limit turns away, or hangs up on, counts as given up. Our own collector waits until all
    are answered.
    """
    free: list[Client] = []
    gc.disable()
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(gc.enable)

        async def ask(request: bytes, due: float) -> float:
            client = free.pop() if free else await stack.enter_async_context(connect(port))
            try:
                status, body = await client.ask(request)
            except (asyncio.IncompleteReadError, ConnectionError):
                return GIVEN_UP_SECONDS
            free.append(client)
            assert status in (good, 503), body[:300]
            return time.perf_counter() - due if status == good else GIVEN_UP_SECONDS

        began, tasks = time.perf_counter(), []
        for number, request in enumerate(requests):
            due = began + number / each_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.append(asyncio.create_task(ask(request, due)))
        return await asyncio.gather(*tasks)


async def run_beside_load(load: Callable[[], Awaitable[None]], work: Awaitable[Any]) -> Any:  # Any: what the work gives
    """Work while a load goes on without end. Raises what the load raises."""

    async def again() -> None:
        while True:
            await load()

    loading, working = asyncio.create_task(again()), asyncio.ensure_future(work)
    try:
        await asyncio.wait((loading, working), return_when=asyncio.FIRST_COMPLETED)
        if loading.done():
            loading.result()  # raises
        return working.result()
    finally:
        loading.cancel()
        working.cancel()
        await asyncio.wait((loading, working))


def ndjson_body(items: Sequence[dict[str, Any]]) -> bytes:  # Any: JSON
    return b"\n".join(json.dumps(item).encode() for item in items)
