"""B10-B16, B21-B36: bodies that no route takes, on every route with one. Nothing is stored, the next is served."""

from collections.abc import AsyncIterator

import pytest

from tests.bad_input.conftest import CheckError, Room
from tests.bad_input.described_routes import CANARY, Route, example_url, with_body

pytestmark = pytest.mark.asyncio(loop_scope="session")

BODIES = [
    ("B21", b"", 400, "malformed_json"),
    ("B22", b"null", 422, "wrong_type"),
    ("B23", b"[]", 422, "wrong_type"),
    ("B24", b"{} trailing", 400, "malformed_json"),
    ("B25", b"{/* a comment */}", 400, "malformed_json"),
    ("B26", b'{"id": 1, "id": 2}', 422, "duplicate_key"),
    ("B27", b'{"id": 1, "\\u0069d": 2}', 422, "duplicate_key"),
    ("B28", f'{{"{CANARY} 1": 1}}'.encode(), 422, "unknown_field"),  # no field name: it may be a value
    ("B28", b'{"created_by": "me"}', 422, "unknown_field"),
    ("B29", b'{"id": NaN}', 400, "malformed_json"),
    ("B29", b'{"id": -Infinity}', 400, "malformed_json"),
    ("B30", b"[" * 100_000, 400, "malformed_json"),
    ("B31", b'{"a":' * 20_000 + b"1" + b"}" * 20_000, 400, "malformed_json"),
    ("B32", b'{"id": ' + b"9" * 5000 + b"}", 400, "malformed_json"),
    ("B33", b'{"id": "\xff\xfe"}', 400, "malformed_json"),
    ("B34", b'{"id": "\\ud800"}', 400, "malformed_json"),
    ("B35", '{"id": 1}'.encode("utf-16"), 400, "malformed_json"),
    ("B35", b"\xef\xbb\xbf{}", 400, "malformed_json"),
    ("B36", b'{"__proto__": 1}', 422, "unknown_field"),
    ("B10", b" " * (1024 * 1024 + 1), 413, "body_too_large"),
]


@pytest.mark.parametrize("route", with_body(), ids=str)
class TestEveryBody:
    async def test_is_refused(self, rooms: dict[str, Room], route: Route, check_error: CheckError) -> None:
        room = rooms[route.service]
        before = await room.count_events()
        headers = {"Authorization": f"Bearer {room.token(*route.scopes)}", "Content-Type": "application/json"}
        for number, body, status, code in BODIES:
            answer = await room.client.request(route.method, example_url(route), content=body, headers=headers)
            try:
                check_error(answer, status, code)
            except AssertionError as error:
                raise AssertionError(f"{number}: {error}") from error
        assert await room.count_events() == before
        assert (await room.client.get("/livez")).status_code == 200

    async def test_in_another_wrapping(self, rooms: dict[str, Room], route: Route, check_error: CheckError) -> None:
        room = rooms[route.service]
        bearer = {"Authorization": f"Bearer {room.token(*route.scopes)}"}
        for headers, code in (
            ({}, "unsupported_media_type"),  # B13
            ({"Content-Type": "text/plain"}, "unsupported_media_type"),  # B14
            ({"Content-Type": "application/json; charset=utf-16"}, "unsupported_media_type"),  # B15
            ({"Content-Type": "application/json", "Content-Encoding": "gzip"}, "unsupported_encoding"),  # B16
        ):
            answer = await room.client.request(
                route.method, example_url(route), content=b"{}", headers=bearer | headers
            )
            check_error(answer, 415, code)

    async def test_in_pieces_and_too_long(self, rooms: dict[str, Room], route: Route, check_error: CheckError) -> None:
        """B11."""
        room = rooms[route.service]
        headers = {"Authorization": f"Bearer {room.token(*route.scopes)}", "Content-Type": "application/json"}

        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(17):
                yield b" " * 65_536

        answer = await room.client.request(route.method, example_url(route), content=pieces(), headers=headers)
        check_error(answer, 413, "body_too_large")
