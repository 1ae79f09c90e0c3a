"""Lists: every row once, in order, whatever the page; and cursors that belong to their list."""

import asyncio
import base64
import json
from datetime import date

import pytest

from shared.base.errors import BadRange
from shared.http import check_range
from shared.http.pagination import RangeTooWide
from tests.factories import KUBU_RAYA, SANGGAU
from tests.shared.http.conftest import CheckError, ExampleClient, MakeTools


class TestPages:
    async def test_show_every_row_once(self, examples: ExampleClient, tools: MakeTools) -> None:
        made = await tools(examples, 7)
        seen, path = [], "/v1/tools?limit=3&state=whole"
        while path:
            answer = await examples.get(path)
            seen += [item["id"] for item in answer.json()["items"]]
            path = answer.headers.get("link", "").partition(">")[0].removeprefix("<")
            assert bool(path) == bool(answer.json()["next"])
        assert seen == made

    async def test_a_row_that_comes_meanwhile_shifts_nothing(self, example: ExampleClient, tools: MakeTools) -> None:
        made = await tools(example, 4)
        first = await example.get("/v1/tools?limit=2")
        made += await tools(example, 1)
        second = await example.get(f"/v1/tools?limit=50&cursor={first.json()['next']}")
        assert [item["id"] for answer in (first, second) for item in answer.json()["items"]] == made

    async def test_show_only_what_lies_within(self, examples: ExampleClient, tools: MakeTools) -> None:
        await tools(examples, 2, district=SANGGAU)
        there = await tools(examples, 1, district=KUBU_RAYA)
        answer = await examples.get("/v1/tools", areas=(KUBU_RAYA,))
        assert [item["id"] for item in answer.json()["items"]] == there
        assert (await examples.get("/v1/tools", areas=("",))).json()["items"] == []

    @pytest.mark.parametrize(
        ("limit", "code"),
        [
            ("0", "out_of_range"),
            ("-1", "out_of_range"),
            ("501", "out_of_range"),
            ("1e9", "out_of_range"),
            ("9" * 5000, "out_of_range"),
            ("1_000", "wrong_type"),
            ("%205", "wrong_type"),
            ("+5", "wrong_type"),
            ("5.0", "wrong_type"),
            ("", "wrong_type"),
            ("٥", "wrong_type"),
            ("true", "wrong_type"),
        ],
    )
    async def test_are_of_a_size(self, example: ExampleClient, check_error: CheckError, limit: str, code: str) -> None:
        """B140."""
        problem = check_error(await example.get(f"/v1/tools?limit={limit}"), 422, code)
        assert problem["errors"][0]["parameter"] == "limit"


class TestCursors:
    async def test_belong_to_filter_and_path(
        self, example: ExampleClient, tools: MakeTools, check_error: CheckError
    ) -> None:
        """B141."""
        await tools(example, 3)
        cursor = (await example.get("/v1/tools?limit=1")).json()["next"]
        assert (await example.get(f"/v1/tools?limit=2&cursor={cursor}")).status_code == 200
        check_error(await example.get(f"/v1/tools?state=whole&cursor={cursor}"), 400, "bad_cursor")

    async def test_are_made_here_and_nowhere_else(
        self, example: ExampleClient, tools: MakeTools, check_error: CheckError
    ) -> None:
        await tools(example, 2)
        cursor = (await example.get("/v1/tools?limit=1")).json()["next"]
        forged = base64.urlsafe_b64encode(b"x" * 16 + json.dumps(["\x00", 10**40]).encode()).decode().rstrip("=")
        for bad in ("", "x", "!", "é", "%20", cursor[:-1], cursor[:-4] + "AAAA", forged, "[" * 4000, cursor + cursor):
            check_error(await example.get("/v1/tools", params={"cursor": bad}), 400, "bad_cursor")

    async def test_tell_no_areas(self, example: ExampleClient, tools: MakeTools) -> None:
        """A cursor of the nation's reader shows a district's reader no more than his own."""
        await tools(example, 3)
        cursor = (await example.get("/v1/tools?limit=1")).json()["next"]
        assert (await example.get(f"/v1/tools?cursor={cursor}", areas=(KUBU_RAYA,))).json()["items"] == []


class TestRanges:
    def test_ten_years_at_most(self) -> None:
        """B143."""
        check_range(date(2010, 3, 1), date(2020, 3, 1), parameter="end_on")
        with pytest.raises(RangeTooWide):
            check_range(date(2010, 3, 1), date(2020, 3, 2), parameter="end_on")

    def test_the_end_is_not_before_the_start(self) -> None:
        """B81."""
        check_range(date(2018, 1, 1), date(2018, 1, 1), parameter="end_on")
        check_range(None, date(2018, 1, 1), parameter="end_on")
        with pytest.raises(BadRange):
            check_range(date(2018, 1, 2), date(2018, 1, 1), parameter="end_on")


async def test_pages_are_read_side_by_side(example: ExampleClient, tools: MakeTools) -> None:
    await tools(example, 2)
    answers = await asyncio.gather(*(example.get("/v1/tools") for _ in range(10)))
    assert {len(answer.json()["items"]) for answer in answers} == {2}
