"""Relay: a door of our own before a server. Connections through it can be starved, one way or both, and stay open."""

import asyncio
import contextlib
from typing import Literal

Way = Literal["there", "back"]
CHUNK_BYTES = 65536


class Relay:
    """Passes bytes on to a port of this machine, until told otherwise. Half-open: nobody hears of it."""

    def __init__(self, target: int) -> None:
        self.target, self.port = target, 0
        self._server: asyncio.Server | None = None
        self._passing: dict[Way, asyncio.Event] = {"there": asyncio.Event(), "back": asyncio.Event()}
        self._tasks: set[asyncio.Task[None]] = set()
        for each in self._passing.values():
            each.set()

    async def open(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def starve(self, *ways: Way) -> None:
        """What comes from now on goes nowhere; whoever connects later is served as if nothing were."""
        for way in ways:
            self._passing[way].clear()  # of the connections that are open
            self._passing[way] = asyncio.Event()
            self._passing[way].set()

    def cut(self) -> None:
        """End every connection, as a crash does."""
        for task in self._tasks:
            task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._pass(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass  # a server's task may end so, and nobody waits for it
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = self._passing["there"], self._passing["back"]
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        try:
            async with asyncio.TaskGroup() as pumps:
                pumps.create_task(pump(reader, far_writer, there))
                pumps.create_task(pump(far_reader, writer, back))
        except* OSError:
            pass
        finally:
            far_writer.close()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, passing: asyncio.Event) -> None:
    while data := await reader.read(CHUNK_BYTES):
        await passing.wait()
        writer.write(data)
        await writer.drain()
    await passing.wait()  # nor is the end of a starved one told
    with contextlib.suppress(OSError):
        writer.write_eof()
