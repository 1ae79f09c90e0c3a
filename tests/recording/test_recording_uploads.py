"""Uploads: a result for each line, one event an office and group, sent again unchanged; and the NIK stays here."""

import asyncio
import json
import logging

import pytest

from services.recording.identity.encryption import NikKey, NikKeys
from services.recording.recordings.states import state_of_official_code
from tests import factories
from tests.recording.conftest import DAY, Room, capture, new_id


class TestUploads:
    async def test_one_event_for_an_office_and_group(self, room: Room) -> None:
        items = [capture(nik=nik) for nik in factories.niks(501)]
        *lines, summary = await room.post_lines("/v1/recording-uploads", items)
        assert summary == {"summary": {"lines": 501, "created": 501, "unchanged": 0, "refused": 0}}
        assert {line["result"] for line in lines} == {"created"}
        assert [len(data["items"]) for _, data in await room.published_events()] == [500, 1]

    async def test_sent_again_is_unchanged(self, room: Room) -> None:
        items = [capture(nik=nik) for nik in factories.niks(5)]
        await room.post_lines("/v1/recording-uploads", items)
        summary = (await room.post_lines("/v1/recording-uploads", items))[-1]["summary"]
        assert (summary["created"], summary["unchanged"]) == (0, 5)
        assert len(await room.published_events()) == 1

    async def test_one_bad_line_stops_no_other(self, room: Room) -> None:
        nik = factories.nik()
        items = [
            capture(nik=nik), capture(nik=nik), capture(nik="1234"), capture(kit=5), {"id": "x"},
            capture(captured_at="2018-12-24T09:00:00+07:00"), capture(),
        ]  # fmt: skip
        *lines, summary = await room.post_lines("/v1/recording-uploads", items)
        codes = [line["code"] for line in lines]
        assert codes == [None, "already_recorded", "bad_nik", "wrong_type", "bad_uuid", "in_future", None]
        assert summary["summary"]["created"] == 2

    async def test_a_person_recorded_before_refuses_the_line_alone(self, room: Room) -> None:
        niks = factories.niks(3)
        await room.create_recording(nik=niks[1])
        *lines, summary = await room.post_lines("/v1/recording-uploads", [capture(nik=nik) for nik in niks])
        assert [line["code"] for line in lines] == [None, "already_recorded", None]
        assert summary["summary"]["created"] == 2
        assert [len(data["items"]) for _, data in await room.published_events()] == [1, 2]

    async def test_a_person_is_known_under_a_former_key(self, room: Room) -> None:
        nik = factories.nik()
        await room.create_recording(nik=nik)
        keys: NikKeys = room.app.state.nik_keys
        room.app.state.nik_keys = NikKeys("2", keys.keys | {"2": NikKey(bytes(32), bytes(32))})
        [line, _] = await room.post_lines("/v1/recording-uploads", [capture(nik=nik)])
        assert line["code"] == "already_recorded"

    async def test_sent_twice_at_once_is_stored_once(self, room: Room) -> None:
        items = [capture(nik=nik) for nik in factories.niks(60)]
        both = await asyncio.gather(*(room.post_lines("/v1/recording-uploads", items) for _ in range(2)))
        results = [{line["id"]: line["result"] for line in lines[:-1]} for lines in both]
        assert all(sorted(line[item["id"]] for line in results) == ["created", "unchanged"] for item in items)
        assert sum(len(data["items"]) for _, data in await room.published_events()) == 60

    async def test_the_same_persons_at_once_are_recorded_once(self, room: Room) -> None:
        niks = factories.niks(50)
        uploads = [[capture(nik=nik) for nik in niks] for _ in range(2)]
        both = await asyncio.gather(*(room.post_lines("/v1/recording-uploads", items) for items in uploads))
        codes = zip(*([line["code"] for line in lines[:-1]] for lines in both), strict=True)
        assert {frozenset(pair) for pair in codes} == {frozenset([None, "already_recorded"])}

    async def test_other_content_under_a_known_id_is_refused_first(self, room: Room) -> None:
        """Whatever else is wrong with it."""
        item = capture()
        await room.post_lines("/v1/recording-uploads", [item])
        [line, _] = await room.post_lines(
            "/v1/recording-uploads", [item | {"captured_at": "2018-12-24T09:00:00+07:00"}]
        )
        assert line["code"] == "exists_with_different"

    async def test_too_many_lines_are_refused_whole(self, room: Room) -> None:
        """B105."""
        headers = room.bearer() | {"Content-Type": "application/x-ndjson"}
        answer = await room.client.post("/v1/recording-uploads", content=b"{}\n" * 10_001, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_many_items")
        assert await room.published_events() == []


class TestCentreAnswers:
    def answer(self, nik: str, code: str, **changes: str) -> dict[str, str]:
        return {"id": new_id(), "nik": nik, "official_code": code, "occurred_on": str(DAY)} | changes

    async def test_moves_each_by_its_number(self, room: Room) -> None:
        niks = factories.niks(3)
        for nik in niks:
            made = await room.create_recording(nik=nik)
            for state in ("queued", "sent"):
                await room.step(made["id"], state)
        codes = ("PRR", "DUP", "EFAC")
        answers = [self.answer(nik, code) for nik, code in zip(niks, codes, strict=True)]
        answers.append(self.answer(factories.nik(), "PRR"))
        *lines, _ = await room.post_lines("/v1/centre-answers", answers)
        assert [(line["result"], line["code"]) for line in lines] == [
            ("created", None), ("created", None), ("created", None), ("refused", "unknown_reference"),
        ]  # fmt: skip
        again = await room.post_lines("/v1/centre-answers", answers)
        assert [line["result"] for line in again[:-1]] == ["unchanged"] * 3 + ["refused"]
        entered = [data["entered"] for type_, data in await room.published_events() if "state" in type_][-2:]
        assert sorted(entered) == ["failed", "print_ready"] or "failed" in entered

    @pytest.mark.parametrize("code", [" prr ", "SFE", "DUP", "EFAC", "ADJUDICATE_RECORD", "RECEIVED_AT_CENTRAL"])
    async def test_an_outcome_skips_the_steps_before_it(self, room: Room, code: str) -> None:
        """A nightly list of records that were captured the day before."""
        nik = factories.nik()
        await room.create_recording(nik=nik)
        [first, _] = await room.post_lines("/v1/centre-answers", [self.answer(nik, code)])
        [next_night, _] = await room.post_lines("/v1/centre-answers", [self.answer(nik, code)])
        assert (first["result"], next_night["result"]) == ("created", "created")
        [move] = [data for type_, data in await room.published_events() if "state" in type_]
        assert move["left"] == "on_kit"
        assert move["state"] == state_of_official_code(code)

    @pytest.mark.parametrize("state", ["print_ready", "held", "duplicate", "deletion_requested"])
    async def test_a_list_that_is_behind_moves_nothing_and_says_so(self, room: Room, state: str) -> None:
        nik = factories.nik()
        made = await room.create_recording(nik=nik)
        await room.post_lines("/v1/centre-answers", [self.answer(nik, "DUP" if state.startswith("d") else "PRR")])
        if state in ("held", "deletion_requested"):
            assert (await room.step(made["id"], state)).status_code == 201
        moves = len(await room.published_events())
        [line, _] = await room.post_lines("/v1/centre-answers", [self.answer(nik, "SFE")])
        assert (line["result"], line["warnings"][0]["code"]) == ("created", "outdated_code")
        assert (await room.get(f"/v1/recordings/{made['id']}")).json()["state"] == state
        assert len(await room.published_events()) == moves

    async def test_print_ready_again_leaves_a_held_record_held(self, room: Room) -> None:
        nik = factories.nik()
        made = await room.create_recording(nik=nik)
        await room.post_lines("/v1/centre-answers", [self.answer(nik, "PRR")])
        await room.step(made["id"], "held")
        [line, _] = await room.post_lines("/v1/centre-answers", [self.answer(nik, "PRR")])
        assert line["result"] == "created"
        assert (await room.get(f"/v1/recordings/{made['id']}")).json()["state"] == "held"


class TestCanaries:
    async def test_the_number_is_in_no_event_log_or_answer(self, room: Room, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        niks = factories.niks(8)
        answers = [await room.post("/v1/recordings", capture(nik=nik)) for nik in niks[:4]]
        answers.append(await room.post("/v1/recordings", capture(nik=niks[0])))
        answers.append(await room.post("/v1/recordings", capture(nik=niks[1] + "9")))
        answers.append(await room.post("/v1/recordings", capture(nik=int(niks[2]))))
        answers.append(await room.post("/v1/recordings", capture() | {niks[3]: 1}))
        answers.append(await room.client.get(f"/v1/recordings/{niks[5]}", headers=room.bearer()))
        answers.append(await room.client.get("/v1/targets", params={"cursor": niks[6]}, headers=room.bearer()))
        results = await room.post_lines("/v1/recording-uploads", [capture(nik=niks[7]), capture(nik=niks[7])])
        told = (
            "".join(answer.text for answer in answers) + json.dumps(results) + json.dumps(await room.published_events())
        )
        told += caplog.text + (await room.client.get("/metrics")).text
        assert [nik for nik in niks if nik in told] == []
        assert [answer.status_code for answer in answers[-2:]] == [400, 400]
