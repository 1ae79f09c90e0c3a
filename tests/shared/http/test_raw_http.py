"""The same over a real server and raw sockets, with both of its parsers: framing, hang-ups, what follows a refusal."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest
import uvicorn

from shared.security.dev_issuer import DevIssuer
from tests.backends import database_templates
from tests.shared.http.conftest import CapturedLogs, settings_for
from tests.shared.http.example_service import service
from tests.shared.http.test_routing import tool_body

NIK = "6103171705900001"


class RawResponse(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        assert self.headers["content-type"] == "application/problem+json"
        return str(json.loads(self.body)["code"])


class RawConnection:
    """One connection, spoken to in bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, head: str, body: bytes = b"") -> None:
        self.writer.write(head.replace("\n", "\r\n").encode("latin-1") + body)
        await self.writer.drain()

    async def receive(self, *, of_head: bool = False) -> RawResponse:
        head = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 5)).decode("latin-1")
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = b""
        if headers.get("transfer-encoding") == "chunked":
            while size := int((await self.reader.readline()), 16):
                body += await self.reader.readexactly(size)
                await self.reader.readexactly(2)
            await self.reader.readexactly(2)
        elif not of_head:
            body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return RawResponse(int(first.split()[1]), headers, body)

    async def exchange(self, head: str, body: bytes = b"", *, of_head: bool = False) -> RawResponse:
        await self.send(head, body)
        return await self.receive(of_head=of_head)


class RawServer:
    def __init__(self, port: int, issuer: DevIssuer) -> None:
        self.port, self.lines = port, list[RawConnection]()
        self.bearer = "Authorization: Bearer " + issuer.issue(
            scopes=["workshop:read", "workshop:write"], areas=["*"], audience=["rekap-workshop"]
        )

    async def connect(self) -> RawConnection:
        self.lines.append(RawConnection(*await asyncio.open_connection("127.0.0.1", self.port)))
        return self.lines[-1]

    def post(self, *headers: str, path: str = "/v1/tools", media: str = "application/json") -> str:
        lines = [f"POST {path} HTTP/1.1", "Host: localhost", self.bearer, f"Content-Type: {media}", *headers]
        return "\n".join(lines) + "\n\n"

    async def check_usable(self, line: RawConnection | None = None) -> None:
        """The next good request works."""
        body = json.dumps(tool_body(name=f"Palu {tool_body()['id']}"[:40])).encode()
        line = line or await self.connect()
        answer = await line.exchange(self.post(f"Content-Length: {len(body)}"), body)
        assert answer.status == 201, answer.body


@pytest.fixture(params=["h11", "httptools"])
async def wire(request: pytest.FixtureRequest, folder: Path) -> AsyncIterator[RawServer]:
    settings = settings_for(folder, await database_templates.sqlite_copy(service, folder))
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        service.create_app(settings), http=request.param, log_config=None, access_log=False, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[bound]))
    while not server.started:
        assert not task.done()
        await asyncio.sleep(0.01)
    made = RawServer(bound.getsockname()[1], DevIssuer(folder, settings.issuer))
    yield made
    for line in made.lines:
        line.writer.close()
    server.should_exit = True
    await task


def chunked(*parts: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


class TestBodies:
    async def test_over_long_and_declared(self, wire: RawServer) -> None:
        """B10: refused before it is sent."""
        line = await wire.connect()
        answer = await line.exchange(wire.post(f"Content-Length: {2**20 + 1}"))
        assert (answer.status, answer.code) == (413, "body_too_large")
        await wire.check_usable()

    async def test_over_long_and_sent(self, wire: RawServer) -> None:
        line = await wire.connect()
        answer = await line.exchange(wire.post(f"Content-Length: {2**20 + 1}"), b" " * (2**20 + 1))
        assert (answer.status, answer.code) == (413, "body_too_large")
        await wire.check_usable()

    async def test_over_long_in_chunks(self, wire: RawServer) -> None:
        """B11."""
        line = await wire.connect()
        answer = await line.exchange(wire.post("Transfer-Encoding: chunked"), chunked(*[b" " * 2**16] * 17))
        assert (answer.status, answer.code) == (413, "body_too_large")
        await wire.check_usable()

    async def test_in_chunks_of_one_byte(self, wire: RawServer) -> None:
        """B12, sent at once: an ordinary body."""
        line = await wire.connect()
        body = json.dumps(tool_body()).encode().ljust(2000)
        answer = await line.exchange(
            wire.post("Transfer-Encoding: chunked"), chunked(*(bytes([byte]) for byte in body))
        )
        assert answer.status == 201
        await wire.check_usable(line)

    async def test_in_another_coding(self, wire: RawServer) -> None:
        """B16."""
        line = await wire.connect()
        answer = await line.exchange(wire.post("Content-Length: 2", "Content-Encoding: gzip"), b"{}")
        assert (answer.status, answer.code) == (415, "unsupported_encoding")
        await wire.check_usable(line)

    @pytest.mark.parametrize("body", [b"{", b"[" * 100_000, b'{"a": NaN}', b"\xff" * 500, b'{"pieces": 1e999}'])
    async def test_unreadable(self, wire: RawServer, body: bytes) -> None:
        line = await wire.connect()
        answer = await line.exchange(wire.post(f"Content-Length: {len(body)}"), body)
        assert answer.status in (400, 422)
        assert answer.code in ("malformed_json", "missing_field")
        await wire.check_usable(line)

    async def test_never_finished(self, wire: RawServer, logs: CapturedLogs) -> None:
        """B20: one quiet line, no traceback."""
        line = await wire.connect()
        await line.send(wire.post("Content-Length: 100", "X-Request-Id: hang-up-1"), b'{"kanari"')
        await asyncio.sleep(0.05)
        line.writer.close()
        for _ in range(100):
            if logs.lines("hang-up-1"):
                break
            await asyncio.sleep(0.02)
        [told] = logs.lines("hang-up-1")
        assert json.loads(told)["status"] == 499
        assert "error" not in logs.getvalue().lower()
        assert "kanari" not in logs.getvalue()
        await wire.check_usable()


class TestMethods:
    @pytest.mark.parametrize("method", ["TRACE", "BREW", "PROPFIND", "DELETE"])
    async def test_not_taken(self, wire: RawServer, method: str) -> None:
        """B17: a parser may refuse what it does not know."""
        line = await wire.connect()
        answer = await line.exchange(f"{method} /v1/tools HTTP/1.1\nHost: localhost\n\n")
        assert answer.status == 405 or (answer.status == 400 and method == "BREW")
        if answer.status == 405:
            assert (answer.code, answer.headers["allow"]) == ("method_not_allowed", "GET, HEAD, POST")
        await wire.check_usable()

    async def test_head(self, wire: RawServer) -> None:
        line = await wire.connect()
        answer = await line.exchange("HEAD /v1/catalogues/61.03 HTTP/1.1\nHost: localhost\n\n", of_head=True)
        assert (answer.status, answer.headers["content-length"]) == (200, str(len('{"area": "61.03"}')))
        await wire.check_usable(line)


class TestUrls:
    @pytest.mark.parametrize(
        "path", ["/v1/%2e%2e/tools", "/v1/../v1/tools", "/v1/tools%00", "/v1//tools", "/V1/TOOLS", "/v1/tools/", "/%ff"]
    )
    async def test_odd_paths(self, wire: RawServer, path: str) -> None:
        """B19."""
        line = await wire.connect()
        answer = await line.exchange(f"GET {path} HTTP/1.1\nHost: localhost\n{wire.bearer}\n\n")
        assert (answer.status, answer.code) == (404, "not_found")
        assert "location" not in answer.headers
        await wire.check_usable(line)

    @pytest.mark.parametrize("target", [f"/v1/tools/{NIK}", f"/v1/tools?name={NIK}"])
    async def test_with_a_nik(self, wire: RawServer, logs: CapturedLogs, target: str) -> None:
        """B69."""
        line = await wire.connect()
        answer = await line.exchange(f"GET {target} HTTP/1.1\nHost: localhost\n\n")
        assert (answer.status, answer.code) == (400, "nik_in_url")
        assert NIK not in answer.body.decode() + logs.getvalue()
        await wire.check_usable(line)

    @pytest.mark.parametrize("query", ["a=%00", "a=%ff", "a=\xff"])
    async def test_malformed_queries(self, wire: RawServer, query: str) -> None:
        """B144: a parser may refuse raw bytes itself."""
        line = await wire.connect()
        answer = await line.exchange(f"GET /v1/tools?{query} HTTP/1.1\nHost: localhost\n{wire.bearer}\n\n")
        assert answer.status == 400
        await wire.check_usable()


class TestStreams:
    async def test_an_upload_is_answered_in_parts(self, wire: RawServer) -> None:
        line = await wire.connect()
        body = b"".join(json.dumps(tool_body(name=f"Palu {number}")).encode() + b"\n" for number in range(600))
        head = wire.post("Transfer-Encoding: chunked", path="/v1/tool-uploads", media="application/x-ndjson")
        answer = await line.exchange(head, chunked(body[:50_000], body[50_000:]))
        assert answer.headers["transfer-encoding"] == "chunked"
        lines = [json.loads(each) for each in answer.body.splitlines()]
        assert lines[-1] == {"summary": {"lines": 600, "created": 600, "unchanged": 0, "refused": 0}}
        await wire.check_usable(line)

    async def test_a_failing_one_is_cut(self, wire: RawServer, logs: CapturedLogs) -> None:
        """Without its last chunk: the client sees an error, not a short answer."""
        line = await wire.connect()
        await line.send("GET /v1/mishaps/stream HTTP/1.1\nHost: localhost\n\n")
        whole = await asyncio.wait_for(line.reader.read(), 5)
        assert whole.endswith(b"begun\r\n")
        assert "kanari" not in logs.getvalue()
        assert "request_failed" in logs.getvalue()
        await wire.check_usable()

    async def test_a_fault_before_it_begins_is_told(self, wire: RawServer, logs: CapturedLogs) -> None:
        line = await wire.connect()
        answer = await line.exchange("GET /v1/mishaps/fault HTTP/1.1\nHost: localhost\n\n")
        assert (answer.status, answer.code) == (500, "internal_error")
        assert "kanari" not in answer.body.decode() + logs.getvalue()
        await wire.check_usable(line)
