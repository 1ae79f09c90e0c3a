"""Targets: every version is kept, and can be withdrawn."""

from typing import Any

import pytest

from tests.recording.conftest import Room, new_id


class TestTargets:
    def target(self, **changes: Any) -> dict[str, Any]:
        body = {"id": new_id(), "area": "61.03", "set_on": "2018-11-20", "due_on": "2018-12-31", "percent": "80"}
        return body | changes

    async def test_keeps_every_version(self, room: Room) -> None:
        first = await room.create("/v1/targets", self.target())
        later = self.target(percent="90")
        later.pop("area")
        await room.create(f"/v1/targets/{first['id']}/versions", later)
        rows = (await room.get("/v1/targets")).json()["items"]
        assert sorted(row["percent"] for row in rows) == ["80", "90"]
        assert {data["id"] for _, data in await room.published_events()} == {first["id"]}

    async def test_can_be_taken_back(self, room: Room) -> None:
        made = await room.create("/v1/targets", self.target())
        await room.create(f"/v1/targets/{made['id']}/withdrawal", {"reason": "not decided"})
        assert (await room.published_events())[-1][1]["taken_back"]

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
