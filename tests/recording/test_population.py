"""Population: documents and movements are kept as stated, checked, and published."""

from typing import Any

import pytest

from tests.recording.conftest import AREA, SANGGAU, Room, document, new_id

PATHS = {
    "population": "/v1/populations",
    "required_population": "/v1/required-populations",
    "recorded": "/v1/opening-balances",
    "printed_first": "/v1/opening-balances",
}


async def set_document(room: Room, metric: str, value: int, **changes: Any) -> dict[str, Any]:
    extra = {"basis": "running"} if metric == "required_population" else {}
    return await room.create(PATHS[metric], document(metric, value, **extra, **changes))


class TestDocuments:
    @pytest.mark.parametrize("metric", PATHS)
    async def test_says_its_own_event(self, room: Room, metric: str) -> None:
        await set_document(room, metric, 354_753)
        [(type_, said)] = await room.published_events()
        expected = {"population": "population.set", "required_population": "required_population.set"}
        assert type_ == expected.get(metric, "opening_balance.set")
        assert said["lines"][0]["amount"] == {"value": 354_753, "low": 354_753, "high": 354_753}

    async def test_refuses_a_number_whose_range_is_no_count(self, room: Room) -> None:
        lines = [{"area": f"{SANGGAU}.00", "amount": {"value": 1_000_000_000, "qualifier": "about"}}]

        answer = await room.post("/v1/opening-balances", document(lines=lines))

        assert (answer.status_code, answer.json()["code"]) == (422, "out_of_range")

    async def test_required_over_population_cannot_be(self, room: Room) -> None:
        """B118."""
        await set_document(room, "population", 100)
        body = document("required_population", 101, basis="running")
        answer = await room.post(PATHS["required_population"], body)
        assert (answer.status_code, answer.json()["code"]) == (422, "inconsistent")

    @pytest.mark.parametrize(("required", "code"), [(90, "recorded_over_required"), (10, "suspect"), (100, None)])
    async def test_recorded_over_required_is_a_doubt(self, room: Room, required: int, code: str | None) -> None:
        """B118."""
        await set_document(room, "recorded", 100)
        made = await set_document(room, "required_population", required)
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
        assert await room.published_events() == []

    async def test_no_lines_withdraw_the_day(self, room: Room) -> None:
        await set_document(room, "recorded", 100)
        await set_document(room, "recorded", 0, lines=[])
        assert (await room.published_events())[-1][1]["lines"] == []


SIGNS = [(1, "turned_17", 201), (-1, "died", 201), (1, "died", 422), (0, "died", 422)]


class TestMovements:
    @pytest.mark.parametrize(("people", "reason", "status"), SIGNS)
    async def test_the_sign_follows_the_reason(self, room: Room, people: int, reason: str, status: int) -> None:
        body = {"id": new_id(), "area": AREA, "occurred_on": "2018-11-20", "people": people, "reason": reason}
        assert (await room.post("/v1/required-population-movements", body)).status_code == status
