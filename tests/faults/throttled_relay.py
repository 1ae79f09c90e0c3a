"""A throttled relay before a server: it may take its time, or be slow; what it holds back stays with whoever sends."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

CHUNK = 4096


class ThrottledRelay:
    """bytes_a_second: together over all connections and both ways; none: as fast as it goes."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.target = host, port
        self.bytes_a_second: int | None = None
        self.port = 0
        self.tasks: set[asyncio.Task[None]] = set()
        self.turn = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["ThrottledRelay"]:
        server = await asyncio.start_server(self.accept, "127.0.0.1", 0, limit=CHUNK)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in self.tasks:
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        try:
            with contextlib.suppress(OSError):
                there, back = await asyncio.open_connection(self.host, self.target, limit=CHUNK)
                await asyncio.gather(self.pass_on(reader, back), self.pass_on(there, writer))
        finally:
            writer.close()
            self.tasks.discard(task)

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Reads no more than it could write, so that nobody's bytes pile up here."""
        try:
            with contextlib.suppress(OSError):
                while chunk := await reader.read(CHUNK):
                    if self.bytes_a_second is not None:
                        async with self.turn:
                            await asyncio.sleep(len(chunk) / self.bytes_a_second)
                    writer.write(chunk)
                    await writer.drain()
        finally:
            writer.close()
