"""Documents, movements, targets, statements, imports: what an office says is kept as said, checked, and told."""

from typing import Any

import pytest

from data import FOLDER
from tests.conftest import FrozenClock
from tests.recording.conftest import AREA, SANGGAU, Room, document, new_id

PATHS = {
    "population": "/v1/populations",
    "required_population": "/v1/required-populations",
    "recorded": "/v1/opening-balances",
    "printed_first": "/v1/opening-balances",
}


async def told(room: Room, metric: str, value: int, **changes: Any) -> dict[str, Any]:
    extra = {"basis": "running"} if metric == "required_population" else {}
    return await room.made(PATHS[metric], document(metric, value, **extra, **changes))


class TestDocuments:
    @pytest.mark.parametrize("metric", PATHS)
    async def test_says_its_own_event(self, room: Room, metric: str) -> None:
        await told(room, metric, 354_753)
        [(type_, said)] = await room.said()
        expected = {"population": "population.set", "required_population": "required_population.set"}
        assert type_ == expected.get(metric, "opening_balance.set")
        assert said["lines"][0]["amount"] == {"value": 354_753, "low": 354_753, "high": 354_753}

    async def test_refuses_a_number_whose_range_is_no_count(self, room: Room) -> None:
        lines = [{"area": f"{SANGGAU}.00", "amount": {"value": 1_000_000_000, "qualifier": "about"}}]

        answer = await room.post("/v1/opening-balances", document(lines=lines))

        assert (answer.status_code, answer.json()["code"]) == (422, "out_of_range")

    async def test_required_over_population_cannot_be(self, room: Room) -> None:
        """B118."""
        await told(room, "population", 100)
        body = document("required_population", 101, basis="running")
        answer = await room.post(PATHS["required_population"], body)
        assert (answer.status_code, answer.json()["code"]) == (422, "inconsistent")

    @pytest.mark.parametrize(("required", "code"), [(90, "recorded_over_required"), (10, "suspect"), (100, None)])
    async def test_recorded_over_required_is_a_doubt(self, room: Room, required: int, code: str | None) -> None:
        """B118."""
        await told(room, "recorded", 100)
        made = await told(room, "required_population", required)
        assert [warning["code"] for warning in made["warnings"]] == ([code] if code else [])

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"as_of": "2018-11-30"}, "in_future"),
            ({"total": 90}, "sum_mismatch"),
            ({"lines": [{"area": "61.09.01", "amount": {"value": 1}}]}, "bad_area"),
            ({"lines": [{"area": AREA, "amount": {"value": 1}}] * 2}, "bad_area"),
            ({"lines": [{"area": AREA, "amount": {"value": 5, "low": 6, "high": 9}}]}, "bad_range"),
            ({"district": "61.12", "as_of": "2005-01-01", "lines": []}, "area_not_valid_then"),
        ],
    )
    async def test_refuses(self, room: Room, changes: dict[str, Any], code: str) -> None:
        answer = await room.post(PATHS["recorded"], document(**changes))
        assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
        assert await room.said() == []

    async def test_no_lines_withdraw_the_day(self, room: Room) -> None:
        await told(room, "recorded", 100)
        await told(room, "recorded", 0, lines=[])
        assert (await room.said())[-1][1]["lines"] == []


SIGNS = [(1, "turned_17", 201), (-1, "died", 201), (1, "died", 422), (0, "died", 422)]


class TestMovements:
    @pytest.mark.parametrize(("people", "reason", "status"), SIGNS)
    async def test_the_sign_follows_the_reason(self, room: Room, people: int, reason: str, status: int) -> None:
        body = {"id": new_id(), "area": AREA, "occurred_on": "2018-11-20", "people": people, "reason": reason}
        assert (await room.post("/v1/required-population-movements", body)).status_code == status


class TestTargets:
    def target(self, **changes: Any) -> dict[str, Any]:
        body = {"id": new_id(), "area": "61.03", "set_on": "2018-11-20", "due_on": "2018-12-31", "percent": "80"}
        return body | changes

    async def test_keeps_every_version(self, room: Room) -> None:
        first = await room.made("/v1/targets", self.target())
        later = self.target(percent="90")
        later.pop("area")
        await room.made(f"/v1/targets/{first['id']}/versions", later)
        rows = (await room.get("/v1/targets")).json()["items"]
        assert sorted(row["percent"] for row in rows) == ["80", "90"]
        assert {data["id"] for _, data in await room.said()} == {first["id"]}

    async def test_can_be_taken_back(self, room: Room) -> None:
        made = await room.made("/v1/targets", self.target())
        await room.made(f"/v1/targets/{made['id']}/withdrawal", {"reason": "not decided"})
        assert (await room.said())[-1][1]["taken_back"]

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"percent": None}, "missing_field"),
            ({"recordings": 5}, "inconsistent"),
            ({"due_on": "2018-11-01"}, "bad_range"),
            ({"percent": "101"}, "out_of_range"),
            ({"set_on": "2018-12-01"}, "in_future"),
        ],
    )
    async def test_refuses(self, room: Room, changes: dict[str, Any], code: str) -> None:
        answer = await room.post("/v1/targets", self.target(**changes))
        assert (answer.status_code, answer.json()["code"]) == (422, code)


class TestStatements:
    def statement(self, figure: str, value: str, **changes: Any) -> dict[str, Any]:
        body = {
            "id": new_id(), "label": f"label {figure}", "area": "52.02", "figure": figure, "value": value,
            "qualifier": "exact", "as_of": "2018-10-31", "stated_on": "2018-11", "speaker": "office_head",
            "publisher": "press",
        }  # fmt: skip
        return body | changes

    async def test_is_kept_as_published_and_read_by_the_rules(self, room: Room) -> None:
        await room.made("/v1/statements", self.statement("blank_stock", "1000", qualifier="more_than"))
        [(_, said)] = await room.said()
        assert (said["as_published"], said["stated"]) == ("1000", {"value": "1000", "low": "1000", "high": "1999"})

    async def test_a_misprint_is_flagged_never_mended(self, room: Room) -> None:
        await room.made("/v1/statements", self.statement("recorded", "686362"))
        made = await room.made("/v1/statements", self.statement("required_population", "7000", qualifier="more_than"))
        assert made["warnings"][0]["code"] == "suspect"
        assert made["value"] == "7000"

    async def test_a_word_has_no_number_behind_it(self, room: Room) -> None:
        await room.made("/v1/statements", self.statement("equipment_owner", "central"))
        assert (await room.said())[0][1]["stated"] is None


class TestImports:
    STATEMENTS = (FOLDER / "statements.csv").read_bytes()

    async def test_the_same_file_is_the_same_import(self, room: Room) -> None:
        """B148."""
        first, again = await room.csv("statements", self.STATEMENTS), await room.csv("statements", self.STATEMENTS)
        assert (first.status_code, again.status_code) == (202, 200)
        assert first.json()["id"] == again.json()["id"]
        assert (first.json()["created"], first.json()["refused"]) == (40, 0)
        assert len(await room.said()) == 40

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
