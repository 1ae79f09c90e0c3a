"""Bad transport, B1 to B9 and B12, over raw sockets: refused or ended in time at the gateway, and no service acts."""

import asyncio
import json
import re

import pytest

from tests import factories as make
from tests.stack.installation import Installation
from tests.stack.raw_http import ClosedExchange, send_bytes

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]

HEAD_SECONDS, BODY_SECONDS, UPLOAD_SECONDS = 1, 2, 4  # as the fixture shortens them
SLACK_SECONDS = 4  # of a busy machine
PATH = b"/v1/recordings"
COUNT = "rekap_http_request_duration_seconds_count"


@pytest.fixture
def head(installation: Installation) -> bytes:
    """A good head of a capture but for its end."""
    token = installation.token("recording").encode()
    return (
        b"POST " + PATH + b" HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Authorization: Bearer " + token + b"\r\n"
    )


@pytest.fixture
def body() -> bytes:
    return json.dumps(make.recording()).encode()


async def send_parts(
    installation: Installation, *parts: bytes, every: float = 0.0, port: int | None = None
) -> ClosedExchange:
    return await asyncio.to_thread(send_bytes, installation.gateway, *parts, every=every, port=port)


async def handled_count(installation: Installation) -> int:
    """How many captures the recording service took, in all its life."""
    text = (await installation.client.get(installation.url("recording") + "/metrics")).text
    found = re.search(rf'^{COUNT}{{method="POST",route="/v1/recordings",status_class="2xx"}} (.*)$', text, re.MULTILINE)
    return int(float(found[1])) if found else 0


def length(number: int) -> bytes:
    return b"Content-Length: " + str(number).encode() + b"\r\n"


class TestUnfinished:
    """The connection ends within its time-out, whatever was still to come."""

    @pytest.mark.parametrize("start", [b"POST /v1/reco", b"P"], ids=["half a line", "one letter"])
    async def test_b1_half_a_request_line(self, installation: Installation, start: bytes) -> None:
        before = await handled_count(installation)
        ended = await send_parts(installation, start)
        assert ended.closed
        assert ended.seconds < HEAD_SECONDS + SLACK_SECONDS
        assert ended.status in (None, 400, 408)
        assert await handled_count(installation) == before

    async def test_b2_unfinished_headers(self, installation: Installation, head: bytes) -> None:
        before = await handled_count(installation)
        ended = await send_parts(installation, head)
        assert ended.closed
        assert ended.seconds < HEAD_SECONDS + SLACK_SECONDS
        assert await handled_count(installation) == before

    async def test_b2_headers_that_never_end(self, installation: Installation, head: bytes) -> None:
        """Each new header is no reason to wait longer."""
        drops = (f"X-{number}: a\r\n".encode() for number in range(1000))
        ended = await send_parts(installation, head, *drops, every=0.1)
        assert ended.closed
        assert ended.seconds < HEAD_SECONDS + SLACK_SECONDS

    async def test_b3_declared_body_never_sent(self, installation: Installation, head: bytes) -> None:
        before = await handled_count(installation)
        ended = await send_parts(installation, head + length(400) + b"\r\n")
        assert ended.closed
        assert ended.seconds < BODY_SECONDS + SLACK_SECONDS
        assert not is_created(ended)
        assert await handled_count(installation) == before

    async def test_b12_dribbled_chunks(self, installation: Installation, head: bytes, body: bytes) -> None:
        before = await handled_count(installation)
        start = head + b"Transfer-Encoding: chunked\r\n\r\n"
        ended = await send_parts(installation, start, *chunks(body * 40), every=0.02)
        assert ended.closed
        assert ended.seconds < BODY_SECONDS + SLACK_SECONDS
        assert not is_created(ended)
        assert await handled_count(installation) == before

    async def test_b12_sent_at_once_is_an_ordinary_body(
        self, installation: Installation, head: bytes, body: bytes
    ) -> None:
        start = head + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        ended = await send_parts(installation, start + b"".join(chunks(body)) + b"0\r\n\r\n")
        assert is_created(ended)

    async def test_an_upload_has_longer_but_not_for_ever(self, installation: Installation, head: bytes) -> None:
        start = head.replace(PATH, b"/v1/recording-uploads").replace(b"application/json", b"application/x-ndjson")
        port = installation.gateway.uploads
        ended = await send_parts(installation, start + length(10_000) + b"\r\n{", port=port)
        assert ended.closed
        assert BODY_SECONDS < ended.seconds < UPLOAD_SECONDS + SLACK_SECONDS


class TestFraming:
    async def test_b4_length_with_chunks(self, installation: Installation, head: bytes, body: bytes) -> None:
        """Refused, or mended into one ordinary request; never read in two ways."""
        before = await handled_count(installation)
        smuggled = b"GET /v1/targets HTTP/1.1\r\nHost: localhost\r\n\r\n"
        framed = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        start = (
            head + b"Connection: close\r\n" + length(len(framed) + len(smuggled)) + b"Transfer-Encoding: chunked\r\n"
        )
        ended = await send_parts(installation, start + b"\r\n" + framed + smuggled)
        assert is_refused(ended) or is_created(ended)
        assert await handled_count(installation) <= before + 1
        assert ended.answer.count(b"HTTP/1.1 ") == 1

    async def test_b5_two_lengths(self, installation: Installation, head: bytes, body: bytes) -> None:
        before = await handled_count(installation)
        ended = await send_parts(installation, head + length(len(body)) + length(len(body) - 1) + b"\r\n" + body)
        assert is_refused(ended)
        assert await handled_count(installation) == before

    async def test_b5_the_same_length_twice(self, installation: Installation, head: bytes, body: bytes) -> None:
        start = head + b"Connection: close\r\n" + length(len(body)) * 2
        ended = await send_parts(installation, start + b"\r\n" + body)
        assert is_refused(ended) or is_created(ended)

    @pytest.mark.parametrize(
        "host",
        [
            pytest.param(b"Host: localhost\r\nHost: elsewhere.invalid\r\n", id="B6 two"),
            pytest.param(b"Host: localhost\r\nHost: localhost\r\n", id="B6 the same twice"),
            pytest.param(b"", id="B7 none"),
            pytest.param(b"Host: elsewhere.invalid\r\n", id="B8 a foreign one"),
            pytest.param(b"Host: 127.0.0.1\r\n", id="B8 an address"),
            pytest.param(b"Host: localhost.elsewhere.invalid\r\n", id="B8 one that begins like ours"),
        ],
    )
    async def test_hosts(self, installation: Installation, head: bytes, body: bytes, host: bytes) -> None:
        before = await handled_count(installation)
        start = head.replace(b"Host: localhost\r\n", host) + b"Connection: close\r\n" + length(len(body))
        ended = await send_parts(installation, start + b"\r\n" + body)
        assert ended.status == 400, ended.answer[:200]
        assert b'"code"' not in ended.answer
        assert await handled_count(installation) == before

    async def test_b8_also_on_the_other_entrances(self, installation: Installation) -> None:
        foreign = b"GET / HTTP/1.1\r\nHost: elsewhere.invalid\r\nConnection: close\r\n\r\n"
        assert (await send_parts(installation, foreign, port=installation.gateway.uploads)).status == 400

    @pytest.mark.parametrize("shape", ["one header", "many headers", "the line"])
    async def test_b9_a_head_of_32_kib(self, installation: Installation, head: bytes, body: bytes, shape: str) -> None:
        before = await handled_count(installation)
        if shape == "the line":
            start = head.replace(PATH, PATH + b"?a=" + b"a" * 32_768)
        elif shape == "one header":
            start = head + b"X-Long: " + b"a" * 32_768 + b"\r\n"
        else:
            start = head + b"".join(b"X-%d: %s\r\n" % (number, b"a" * 100) for number in range(330))
        ended = await send_parts(installation, start + length(len(body)) + b"\r\n" + body)
        assert is_refused(ended)
        assert await handled_count(installation) == before

    async def test_a_good_one_still_passes(self, installation: Installation, head: bytes, body: bytes) -> None:
        ended = await send_parts(installation, head + b"Connection: close\r\n" + length(len(body)) + b"\r\n" + body)
        assert is_created(ended)


def chunks(body: bytes) -> list[bytes]:
    return [b"1\r\n%c\r\n" % byte for byte in body]


def is_created(ended: ClosedExchange) -> bool:
    return ended.status == 201


def is_refused(ended: ClosedExchange) -> bool:
    """By the gateway: 4xx without our problem body, or closed without a word."""
    silent = ended.status is None and ended.closed
    return silent or (ended.status is not None and 400 <= ended.status < 500 and b'"code"' not in ended.answer)
