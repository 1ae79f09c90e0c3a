"""Statements and imports: kept as published, read by the rules; a file is one import."""

from typing import Any

import pytest

from data import FOLDER
from tests.conftest import FrozenClock
from tests.recording.conftest import Room, new_id


class TestStatements:
    def statement(self, figure: str, value: str, **changes: Any) -> dict[str, Any]:
        body = {
            "id": new_id(), "label": f"label {figure}", "area": "52.02", "figure": figure, "value": value,
            "qualifier": "exact", "as_of": "2018-10-31", "stated_on": "2018-11", "speaker": "office_head",
            "publisher": "press",
        }  # fmt: skip
        return body | changes

    async def test_is_kept_as_published_and_read_by_the_rules(self, room: Room) -> None:
        await room.create("/v1/statements", self.statement("blank_stock", "1000", qualifier="more_than"))
        [(_, said)] = await room.published_events()
        assert (said["as_published"], said["stated"]) == ("1000", {"value": "1000", "low": "1000", "high": "1999"})

    async def test_a_misprint_is_flagged_never_mended(self, room: Room) -> None:
        await room.create("/v1/statements", self.statement("recorded", "686362"))
        made = await room.create("/v1/statements", self.statement("required_population", "7000", qualifier="more_than"))
        assert made["warnings"][0]["code"] == "suspect"
        assert made["value"] == "7000"

    async def test_a_word_has_no_number_behind_it(self, room: Room) -> None:
        await room.create("/v1/statements", self.statement("equipment_owner", "central"))
        assert (await room.published_events())[0][1]["stated"] is None


class TestImports:
    STATEMENTS = (FOLDER / "statements.csv").read_bytes()

    async def test_the_same_file_is_the_same_import(self, room: Room) -> None:
        """B148."""
        first, again = await room.csv("statements", self.STATEMENTS), await room.csv("statements", self.STATEMENTS)
        assert (first.status_code, again.status_code) == (202, 200)
        assert first.json()["id"] == again.json()["id"]
        assert (first.json()["created"], first.json()["refused"]) == (40, 0)
        assert len(await room.published_events()) == 40

    async def test_takes_semicolons_marks_and_any_line_ends(self, room: Room) -> None:
        """B145."""
        text = self.STATEMENTS.decode().splitlines()[:2]
        other = b"\xef\xbb\xbf" + "\r\n".join(line.replace(",", ";") for line in text).encode()
        answer = await room.csv("statements", other)
        assert (answer.status_code, answer.json()["created"]) == (202, 1)

    @pytest.mark.parametrize(
        "raw", [b"", b"a,b\n1,2\n", b'id,area\n"unclosed', STATEMENTS + b"too,few\n", b"\xff\xfe" + STATEMENTS]
    )
    async def test_refuses_what_is_no_such_table(self, room: Room, raw: bytes) -> None:
        """B145."""
        answer = await room.csv("statements", raw)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_csv")
        assert "line" in answer.json()["errors"][0]

    async def test_openings_of_other_services_are_found_line_by_line(
        self, room: Room, frozen_clock: FrozenClock
    ) -> None:
        frozen_clock.at = frozen_clock.at.replace(year=2020)
        answer = await room.csv("openings", (FOLDER / "openings.csv").read_bytes())
        found = (await room.get(answer.headers["location"])).json()
        assert (found["created"], found["refused"], found["state"]) == (10, 4, "done")
        refused = [finding for finding in found["findings"] if finding["result"] == "refused"]
        assert {finding["code"] for finding in refused} == {"unknown_reference"}
