"""NDJSON uploads: a result per line, one bad item stops no other, and sending again is safe."""

import json
from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest
from sqlalchemy import func, select

from shared.base.errors import Unavailable
from shared.base.results import LineResult
from shared.db import Session
from shared.http.ndjson import LINES_PER_TRANSACTION, NdjsonUpload
from tests.factories import KUBU_RAYA
from tests.shared.http.conftest import CapturedLogs, CheckError, ExampleClient
from tests.shared.http.example_service import Tool, ToolCreate
from tests.shared.http.test_routing import tool_body

PATH = "/v1/tool-uploads"


def tool_items(number: int) -> list[dict[str, Any]]:
    return [tool_body(name=f"Palu {each}") for each in range(number)]


def ndjson_body(items: Iterable[object]) -> bytes:
    return b"".join((item if isinstance(item, bytes) else json.dumps(item).encode()) + b"\n" for item in items)


async def upload(example: ExampleClient, items: Iterable[object], **options: Any) -> tuple[list[dict[str, Any]], Any]:
    """-> the lines, and what the summary says."""
    answer = await example.post(PATH, ndjson_body(items), media="application/x-ndjson", **options)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-ndjson")
    *lines, last = [json.loads(line) for line in answer.text.splitlines()]
    return lines, last["summary"]


async def stored(example: ExampleClient) -> int:
    async with example.app.state.database.read() as session:
        found: int = (await (await session.connection()).execute(select(func.count()).select_from(Tool))).scalar_one()
    return found


class TestUpload:
    async def test_tells_of_each_line(self, examples: ExampleClient) -> None:
        items = tool_items(3)
        lines, summary = await upload(examples, items)
        assert lines[0] == {"line": 1, "id": items[0]["id"], "result": "created", "code": None, "pointer": None}
        assert summary == {"lines": 3, "created": 3, "unchanged": 0, "refused": 0}
        assert await stored(examples) == 3

    async def test_sent_again_changes_nothing(self, examples: ExampleClient) -> None:
        items = tool_items(4)
        await upload(examples, items[:2])
        lines, summary = await upload(examples, items)
        assert [line["result"] for line in lines] == ["unchanged", "unchanged", "created", "created"]
        assert summary["unchanged"] == 2

    async def test_one_bad_item_stops_no_other(self, examples: ExampleClient) -> None:
        """B105."""
        good = tool_items(3)
        bad = [
            b"{",
            tool_body(pieces=0),
            {"id": good[0]["id"]},
            tool_body() | {"kanari 1": 1},
            tool_body(district=KUBU_RAYA),
            tool_body(name="no shelf"),
            b"\xef\xbb\xbf{}",
            b'{"id": 1, "id": 2}',
            b"[" * 60_000,
            b'"' + b"x" * 70_000 + b'"',
        ]
        lines, summary = await upload(examples, [good[0], *bad, good[1], b"", b"  ", good[2]], areas=("61.03",))
        assert [(line["line"], line["result"], line["code"], line["pointer"]) for line in lines] == [
            (1, "created", None, None),
            (2, "refused", "malformed_json", None),
            (3, "refused", "out_of_range", "#/pieces"),
            (4, "refused", "missing_field", "#/district"),
            (5, "refused", "unknown_field", "#"),
            (6, "refused", "area_forbidden", "#/district"),
            (7, "refused", "unknown_reference", "#/name"),
            (8, "refused", "malformed_json", None),
            (9, "refused", "duplicate_key", "#"),
            (10, "refused", "malformed_json", None),
            (11, "refused", "body_too_large", None),
            (12, "created", None, None),
            (15, "created", None, None),
        ]
        assert summary == {"lines": 13, "created": 3, "unchanged": 0, "refused": 10}
        assert await stored(examples) == 3

    async def test_what_the_database_refuses_loses_no_neighbour(self, examples: ExampleClient) -> None:
        items = tool_items(40)
        items[17]["name"] = items[3]["name"]
        items[30]["pieces"] = 10**7
        lines, summary = await upload(examples, items)
        assert {line["line"]: line["code"] for line in lines if line["result"] == "refused"} == {
            18: "not_taken",
            31: "not_taken",
        }
        assert summary["created"] == await stored(examples) == 38

    async def test_a_fault_of_ours_is_told_of_its_line_alone(self, example: ExampleClient, logs: CapturedLogs) -> None:
        items = tool_items(5)
        items[2]["name"] = "faulty"
        lines, summary = await upload(example, items)
        assert (lines[2]["code"], summary["created"]) == ("internal_error", 4)
        assert logs.lines("line_failed")
        assert "kanari" not in logs.getvalue()

    async def test_warns_of_a_doubt(self, example: ExampleClient) -> None:
        lines, _ = await upload(example, [tool_body(pieces=5000)])
        assert lines[0]["warnings"] == [{"code": "suspect", "pointer": "#/pieces"}]

    async def test_windows_line_ends_are_fine(self, example: ExampleClient) -> None:
        _, summary = await upload(example, [json.dumps(item).encode() + b"\r" for item in tool_items(2)])
        assert summary["created"] == 2

    async def test_nothing_is_little(self, example: ExampleClient) -> None:
        assert await upload(example, []) == ([], {"lines": 0, "created": 0, "unchanged": 0, "refused": 0})


class TestGroups:
    async def test_are_of_500(self, example: ExampleClient) -> None:
        sizes: list[int] = []

        async def work(session: Session, items: list[tuple[int, ToolCreate]]) -> list[LineResult]:
            sizes.append(len(items))
            return [LineResult(number, body.id, "created") for number, body in items]

        lines = [
            (number, json.dumps(item).encode()) for number, item in enumerate(tool_items(LINES_PER_TRANSACTION + 2), 1)
        ]
        answer = NdjsonUpload(example.app.state.database, lines, ToolCreate).answer(work)
        parts = [part async for part in answer.body_iterator]
        assert sizes == [LINES_PER_TRANSACTION, 2]
        assert len(parts) == 3, "each group is answered as it is done"

    async def test_a_busy_database_is_not_asked_for_every_line(self, example: ExampleClient) -> None:
        asked: list[int] = []

        async def work(session: Session, items: list[tuple[int, ToolCreate]]) -> list[LineResult]:
            asked.append(len(items))
            raise Unavailable

        lines = [(number, json.dumps(item).encode()) for number, item in enumerate(tool_items(50), 1)]
        answer = NdjsonUpload(example.app.state.database, lines, ToolCreate).answer(work)
        told = b"".join([bytes(part) async for part in answer.body_iterator])  # type: ignore[arg-type]  # bytes here
        assert asked == [50]
        assert told.count(b'"unavailable"') == 50


class TestLimits:
    async def test_ten_thousand_lines(self, example: ExampleClient, check_error: CheckError) -> None:
        """B105."""
        body = b"{}\n" * 10_001
        check_error(await example.post(PATH, body, media="application/x-ndjson"), 413, "too_many_items")

    @pytest.mark.parametrize("is_declared", [True, False])
    async def test_sixteen_megabytes(self, example: ExampleClient, check_error: CheckError, is_declared: bool) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(257):
                yield b" " * 2**16

        body = b" " * (2**24 + 1) if is_declared else pieces()
        check_error(await example.post(PATH, body, media="application/x-ndjson"), 413, "body_too_large")

    async def test_of_its_own_type(self, example: ExampleClient, check_error: CheckError) -> None:
        check_error(await example.post(PATH, b"{}", media="application/json"), 415, "unsupported_media_type")
