"""The relay: passes on, starves one way or both without a word, serves who comes later, and cuts."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.faults.relay import Relay

OpenConnection = list[asyncio.StreamReader | asyncio.StreamWriter]


class EchoServer:
    """A server that notes what it hears and says it back."""

    def __init__(self) -> None:
        self.heard = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            self.heard += data
            writer.write(data)
        writer.close()


@pytest.fixture
async def echo() -> AsyncIterator[tuple[EchoServer, Relay]]:
    echo = EchoServer()
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    relay = Relay(server.sockets[0].getsockname()[1])
    await relay.open()
    yield echo, relay
    await relay.close()
    server.close()


async def echo_of(relay: Relay, word: bytes, *, connection: OpenConnection | None = None) -> bytes:
    """Over a new connection, or over one that is kept."""
    kept = connection if connection is not None else []
    if not kept:
        kept.extend(await asyncio.open_connection("127.0.0.1", relay.port))
    reader, writer = kept
    assert isinstance(reader, asyncio.StreamReader)
    assert isinstance(writer, asyncio.StreamWriter)
    writer.write(word)
    try:
        return await asyncio.wait_for(reader.read(100), 1)
    finally:
        if connection is None:
            writer.close()


class TestRelay:
    async def test_passes_on(self, echo: tuple[EchoServer, Relay]) -> None:
        assert await echo_of(echo[1], b"one") == b"one"

    @pytest.mark.parametrize(("ways", "heard"), [(("back",), b"onetwo"), (("there", "back"), b"one")])
    async def test_starves_what_is_open_and_serves_who_comes_later(
        self, echo: tuple[EchoServer, Relay], ways: tuple[str, ...], heard: bytes
    ) -> None:
        server, relay = echo
        kept: OpenConnection = []
        assert await echo_of(relay, b"one", connection=kept) == b"one"

        relay.starve(*ways)  # type: ignore[arg-type]  # words of a parameter

        with pytest.raises(TimeoutError):
            await echo_of(relay, b"two", connection=kept)
        assert server.heard == heard
        assert await echo_of(relay, b"three") == b"three"
        kept[1].close()  # type: ignore[union-attr]  # the writer

    async def test_cuts(self, echo: tuple[EchoServer, Relay]) -> None:
        kept: OpenConnection = []
        await echo_of(echo[1], b"one", connection=kept)

        echo[1].cut()

        assert await echo_of(echo[1], b"two", connection=kept) == b""
        kept[1].close()  # type: ignore[union-attr]  # the writer
