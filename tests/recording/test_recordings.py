"""Recordings: captured once per person, moved by legal steps, reversed only while nothing else was said."""

import asyncio
from datetime import date
from typing import Any

import pytest

from services.recording.recordings.coming_of_age import process_coming_of_age
from services.recording.recordings.states import STATES, STEPS, State
from shared.events.blanks.printing import CardsPrinted, PrintLine
from shared.messaging.inbox import CannotBeFolded
from shared.settings import settings_of
from tests import factories
from tests.conftest import FrozenClock
from tests.recording.conftest import AREA, DAY, Room, capture, new_id

LONG_AGO = "2005-01-03T09:00:00+07:00"  # before Kubu Raya was made
DOUBTS = [("born_on", "1980-01-01"), ("female", True), ("residence_area", "61.12.01")]


class TestCapture:
    async def test_gives_a_receipt_and_says_so(self, room: Room) -> None:
        made = await room.create_recording()
        assert (made["state"], made["part"], made["captured_on"]) == ("captured", "on_kit", str(DAY))
        assert len(made["receipt_number"]) == 11
        [(type_, data)] = await room.published_events()
        assert type_ == "recordings.captured"
        assert data["items"] == [{"recording": made["id"], "area": AREA, "captured_on": str(DAY), "early": False}]

    async def test_the_same_again_is_the_same_thing(self, room: Room) -> None:
        body = capture()
        first = await room.post("/v1/recordings", body)
        again = await room.post("/v1/recordings", body)
        assert (first.status_code, again.status_code) == (201, 200)
        assert again.json() == {**first.json(), "warnings": []}
        assert len(await room.published_events()) == 1

    async def test_other_content_under_one_id_is_refused(self, room: Room) -> None:
        body = capture()
        await room.create("/v1/recordings", body)
        answer = await room.post("/v1/recordings", body | {"kit": "another"})
        assert (answer.status_code, answer.json()["code"]) == (409, "exists_with_different")

    async def test_one_person_once_even_at_the_same_moment(self, room: Room) -> None:
        """B70."""
        nik = factories.nik()
        answers = await asyncio.gather(*(room.post("/v1/recordings", capture(nik=nik)) for _ in range(2)))
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        assert {answer.json().get("code") for answer in answers} == {None, "already_recorded"}

    @pytest.mark.parametrize(("field", "value"), DOUBTS)
    async def test_a_number_that_says_otherwise_is_a_doubt(self, room: Room, field: str, value: object) -> None:
        """B68."""
        made = await room.create_recording(**{field: value})
        assert {"code": "nik_mismatch", "pointer": f"#/{field}"} in made["warnings"]

    @pytest.mark.parametrize(
        ("number", "changes", "status", "code"),
        [
            ("B79", {"captured_at": "2018-12-01T09:00:00+07:00"}, 422, "in_future"),
            ("B82", {"born_on": "2018-11-25"}, 422, "out_of_range"),
            ("B82", {"born_on": "1900-01-01", "captured_at": "2018-11-20T09:00:00+07:00"}, 201, ""),
            ("B117", {"served_area": "61.09.01"}, 422, "bad_area"),
            (
                "B117",
                {"residence_area": "61.12.01", "captured_at": "2005-01-03T09:00:00+07:00"},
                422,
                "area_not_valid_then",
            ),
        ],
    )
    async def test_refuses(self, room: Room, number: str, changes: dict[str, Any], status: int, code: str) -> None:
        answer = await room.post("/v1/recordings", capture(**changes))
        assert (answer.status_code, answer.json().get("code", "")) == (status, code), number

    async def test_today_there_and_tomorrow_in_utc_is_today(self, room: Room, frozen_clock: FrozenClock) -> None:
        """B79."""
        frozen_clock.at = frozen_clock.at.replace(hour=17, minute=30)  # 00:30 of 1 December in Sanggau
        made = await room.create_recording(captured_at="2018-12-01T00:10:00+07:00")
        assert made["captured_on"] == "2018-12-01"

    async def test_an_area_outside_the_token_is_forbidden(self, room: Room) -> None:
        answer = await room.post("/v1/recordings", capture(), "61.09")
        assert (answer.status_code, answer.json()["code"]) == (403, "area_forbidden")

    async def test_a_neighbours_recording_is_not_there(self, room: Room) -> None:
        made = await room.create_recording()
        assert (await room.get(f"/v1/recordings/{made['id']}", "61.03")).status_code == 200
        assert (await room.get(f"/v1/recordings/{made['id']}", "61.09")).status_code == 404


class TestEarly:
    """B83, and the 17th birthday."""

    SIXTEEN, FIFTEEN = date(2001, 12, 25), date(2002, 12, 25)

    async def test_needs_the_flag_at_16_and_is_refused_at_15(self, room: Room) -> None:
        answer = await room.post("/v1/recordings", capture(nik=factories.nik(born_on=self.SIXTEEN)))
        assert (answer.status_code, answer.json()["code"]) == (409, "early_flag_required")
        young = capture(nik=factories.nik(born_on=self.FIFTEEN), early=True)
        answer = await room.post("/v1/recordings", young)
        assert (answer.status_code, answer.json()["code"]) == (422, "too_young")

    async def test_counts_from_the_birthday_on(self, room: Room, frozen_clock: FrozenClock) -> None:
        made = await room.create_recording(nik=factories.nik(born_on=self.SIXTEEN), early=True)
        assert made["part"] == "early"
        await process_coming_of_age(room.database, settings_of("recording"))
        assert [type_ for type_, _ in await room.published_events()] == ["recordings.captured"]
        frozen_clock.at = frozen_clock.at.replace(year=2019)
        await process_coming_of_age(room.database, settings_of("recording"))
        await process_coming_of_age(room.database, settings_of("recording"))
        _, (type_, data) = await room.published_events()
        assert (type_, data["occurred_on"], data["entered"]) == ("recordings.came_of_age", "2018-12-25", "on_kit")


class TestReversal:
    async def test_says_it_never_happened(self, room: Room) -> None:
        made = await room.create_recording()
        path = f"/v1/recordings/{made['id']}/reversal"
        assert (await room.post(path, {})).json()["code"] == "reason_required"
        assert (await room.post(path, {"reason": "another person"})).status_code == 201
        assert (await room.post(path, {"reason": "another person"})).status_code == 200
        again = await room.post(path, {"reason": "something else"})
        assert (again.status_code, again.json()["code"]) == (409, "already_reversed")
        _, (type_, data) = await room.published_events()
        assert (type_, data["items"][0]["captured_on"]) == ("recordings.reversed", str(DAY))

    async def test_frees_the_person(self, room: Room) -> None:
        nik = factories.nik()
        made = await room.create_recording(nik=nik)
        await room.create(f"/v1/recordings/{made['id']}/reversal", {"reason": "wrong office"})
        await room.create_recording(nik=nik)

    async def test_not_once_something_else_was_said(self, room: Room) -> None:
        made = await room.recording_in_state("print_ready")
        answer = await room.post(f"/v1/recordings/{made['id']}/reversal", {"reason": "x"})
        assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")


class TestStates:
    async def test_moves_from_part_to_part(self, room: Room) -> None:
        await room.recording_in_state("held")
        moves = [(data["left"], data["entered"]) for type_, data in await room.published_events() if "state" in type_]
        assert moves == [
            ("on_kit", "on_kit"), ("on_kit", "in_transit"), ("in_transit", "print_ready"), ("print_ready", "held"),
        ]  # fmt: skip

    @pytest.mark.parametrize("state", [s for s in STATES if s not in STEPS[State.CAPTURED] and s is not State.REVERSED])
    async def test_names_the_legal_steps_when_one_is_not(self, room: Room, state: State) -> None:
        """B111 and its sisters: from the kit only one step is legal."""
        made = await room.create_recording()
        answer = await room.step(made["id"], state)
        assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")
        assert (answer.json()["state"], answer.json()["allowed"]) == ("captured", ["queued"])

    async def test_never_before_its_last_move(self, room: Room) -> None:
        made = await room.create_recording()
        answer = await room.step(made["id"], "queued", on=date(2018, 11, 19))
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_range")

    async def test_an_unknown_official_code_is_kept_as_received(self, room: Room) -> None:
        """B110."""
        made = await room.create_recording()
        body = {"id": new_id(), "official_code": "CRL", "occurred_on": str(DAY)}
        answer = await room.post(f"/v1/recordings/{made['id']}/states", body)
        found = answer.json()
        assert (answer.status_code, found["state"], found["official_code"]) == (201, "other", "CRL")
        assert found["warnings"][0]["code"] == "unknown_code"

    async def test_the_same_step_again_changes_nothing(self, room: Room) -> None:
        made = await room.create_recording()
        body = {"id": new_id(), "state": "queued", "occurred_on": str(DAY)}
        path = f"/v1/recordings/{made['id']}/states"
        assert [(await room.post(path, body)).status_code for _ in range(2)] == [201, 200]
        assert len(await room.published_events()) == 2

    async def test_deleted_is_gone_and_the_person_free(self, room: Room) -> None:
        nik = factories.nik()
        made = await room.recording_in_state("duplicate", nik=nik)
        for state in ("deletion_requested", "deleted"):
            assert (await room.step(made["id"], state)).status_code == 201
        type_, data = (await room.published_events())[-1]
        assert (type_, data["left"]) == ("recordings.deleted", "failed")
        await room.create_recording(nik=nik)


class TestResidence:
    async def test_moves_into_another_area(self, room: Room) -> None:
        made = await room.create_recording()
        body = {"id": new_id(), "area": "61.12.01", "occurred_on": str(DAY)}
        await room.create(f"/v1/recordings/{made['id']}/residences", body)
        type_, data = (await room.published_events())[-1]
        move = data["items"][0]
        assert (type_, move["left_area"], move["entered_area"]) == ("recordings.area_changed", AREA, "61.12.01")


class TestCardsPrinted:
    def printed(self, *recordings: str, on: date = DAY, first: bool = True) -> CardsPrinted:
        from uuid import UUID

        ids = tuple(UUID(recording) for recording in recordings)
        line = PrintLine(area=AREA, cards=len(ids), reason="first_card", first=first, recordings=ids)
        return CardsPrinted(district="61.03", run=UUID(new_id()), occurred_on=on, store="61.03.00", lines=(line,))

    async def test_moves_the_records_in_one_event(self, room: Room) -> None:
        people = [(await room.recording_in_state("print_ready"))["id"] for _ in range(3)]
        await room.consume(self.printed(*people))
        type_, data = (await room.published_events())[-1]
        assert (type_, data["left"], data["entered"]) == ("recordings.state_changed", "print_ready", "printed")
        assert {item["recording"] for item in data["items"]} == set(people)

    async def test_twice_is_once(self, room: Room) -> None:
        person = (await room.recording_in_state("print_ready"))["id"]
        await room.consume(self.printed(person), seq=5)
        before = len(await room.published_events())
        await room.consume(self.printed(person), seq=5)
        await room.consume(self.printed(person), seq=6)
        assert len(await room.published_events()) == before

    async def test_is_dated_no_earlier_than_its_last_move(self, room: Room) -> None:
        person = (await room.recording_in_state("print_ready"))["id"]
        await room.consume(self.printed(person, on=date(2018, 11, 1)))
        _, data = (await room.published_events())[-1]
        assert data["occurred_on"] == str(DAY)

    async def test_of_one_that_is_gone_says_nothing(self, room: Room) -> None:
        made = await room.recording_in_state("print_ready")
        await room.step(made["id"], "deleted")
        before = len(await room.published_events())
        await room.consume(self.printed(made["id"]))
        assert len(await room.published_events()) == before

    async def test_of_one_never_seen_cannot_be_folded(self, room: Room) -> None:
        """B160."""
        with pytest.raises(CannotBeFolded, match="unknown_subject"):
            await room.consume(self.printed(new_id()))
