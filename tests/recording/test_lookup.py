"""Look-up: by number and by receipt, inside one's own area, and the number itself only for a purpose."""

from tests import factories
from tests.recording.conftest import Room


class TestLookUp:
    async def test_finds_by_number_and_by_receipt(self, room: Room) -> None:
        nik = factories.nik()
        made = await room.create_recording(nik=nik)
        for body in ({"nik": nik}, {"receipt_number": made["receipt_number"].lower()}):
            [found] = (await room.post("/v1/recording-searches", body)).json()["items"]
            assert (found["id"], found["state"], found["nik"]) == (made["id"], "captured", None)

    async def test_a_number_of_another_district_finds_nothing(self, room: Room) -> None:
        """B71."""
        nik = factories.nik()
        await room.create_recording(nik=nik)
        answer = await room.post("/v1/recording-searches", {"nik": nik}, "61.09")
        assert (answer.status_code, answer.json()) == (200, {"items": []})

    async def test_shows_the_number_for_a_purpose_to_who_may(self, room: Room) -> None:
        nik = factories.nik()
        await room.create_recording(nik=nik)
        body = {"nik": nik, "purpose": "a request of the holder"}
        assert (await room.post("/v1/recording-searches", body)).status_code == 403
        scopes = ("recording:read", "recording:identity")
        [found] = (await room.post("/v1/recording-searches", body, scopes=scopes)).json()["items"]
        assert found["nik"] == nik
