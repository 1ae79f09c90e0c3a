"""The print queue follows recording; a run uses blanks, takes people out of the queue, and says so once."""

from datetime import date
from uuid import UUID

import msgspec
import pytest

from services.blanks.printing.models import REPRINT_REASONS
from shared.base.ids import new_id
from shared.events.blanks.printing import CardsPrinted
from shared.events.recording.recordings import (
    Part,
    RecordingAt,
    RecordingMove,
    RecordingsAreaChanged,
    RecordingsCameOfAge,
    RecordingsDeleted,
    RecordingsStateChanged,
)
from tests.blanks.conftest import DAY, STORE, Room, run

AREA = "61.03.01"


def state_changed(
    entered: Part, *recordings: UUID, left: Part = "in_transit", on: date = DAY
) -> RecordingsStateChanged:
    items = tuple(RecordingAt(recording=recording, area=AREA) for recording in recordings)
    return RecordingsStateChanged(
        district="61.03", occurred_on=on, left=left, entered=entered, state=entered, items=items
    )


async def queue(room: Room) -> list[str]:
    return [row["recording"] for row in (await room.get("/v1/print-queue"))["items"]]


class TestLines:
    async def test_an_area_outside_the_token_is_forbidden(self, room: Room) -> None:
        """A line without a person raises the figures of its area."""
        body = run(cards=0) | {"lines": [{"area": "61.09.01", "cards": 5, "reason": "first_card"}]}
        answer = await room.post("/v1/print-runs", body, "61.03")
        assert (answer.status_code, answer.json()["code"]) == (403, "area_forbidden")
        assert answer.json()["errors"][0]["pointer"] == "#/lines/0/area"

    @pytest.mark.parametrize("reason", REPRINT_REASONS)
    async def test_a_print_ready_person_gets_no_reprint(self, room: Room, reason: str) -> None:
        """Else the card would be nobody's first, and the record would wait for one for ever."""
        person = new_id()
        await room.consume(state_changed("print_ready", person))
        body = run(cards=0) | {"lines": [{"recording": str(person), "reason": reason}]}
        answer = await room.post("/v1/print-runs", body)
        assert (answer.status_code, answer.json()["code"]) == (422, "inconsistent")
        assert answer.json()["errors"][0]["pointer"] == "#/lines/0/reason"
        assert await queue(room) == [str(person)]


class TestQueue:
    async def test_print_ready_people_enter_in_order_of_age(self, room: Room) -> None:
        young, old = new_id(), new_id()
        await room.consume(state_changed("print_ready", young, on=date(2018, 11, 20)))
        await room.consume(state_changed("print_ready", old, on=date(2018, 11, 2)))
        assert await queue(room) == [str(old), str(young)]

    async def test_who_fails_leaves(self, room: Room) -> None:
        person = new_id()
        await room.consume(state_changed("print_ready", person))
        await room.consume(state_changed("failed", person, left="print_ready"))
        assert await queue(room) == []

    async def test_takes_only_what_is_newer(self, room: Room) -> None:
        person = new_id()
        await room.consume(state_changed("failed", person), seq=7)
        await room.consume(state_changed("print_ready", person), seq=6)
        assert await queue(room) == []

    async def test_who_came_of_age_is_a_first_time_holder(self, room: Room) -> None:
        person = new_id()
        item = RecordingAt(recording=person, area=AREA)
        await room.consume(RecordingsCameOfAge(district="61.03", occurred_on=DAY, entered="print_ready", items=(item,)))
        [row] = (await room.get("/v1/print-queue"))["items"]
        assert row["reason"] == "turned_17"

    async def test_moves_with_its_person_and_ends_with_the_record(self, room: Room) -> None:
        person = new_id()
        await room.consume(state_changed("print_ready", person))
        move = RecordingMove(recording=person, left_area=AREA, entered_area="61.12.01")
        await room.consume(RecordingsAreaChanged(district="61.03", occurred_on=DAY, part="print_ready", items=(move,)))
        [row] = (await room.get("/v1/print-queue"))["items"]
        assert row["area"] == "61.12.01"
        gone = (RecordingAt(recording=person, area="61.12.01"),)
        await room.consume(RecordingsDeleted(district="61.03", occurred_on=DAY, left="print_ready", items=gone))
        assert await queue(room) == []

    async def test_a_neighbour_sees_nobody(self, room: Room) -> None:
        await room.consume(state_changed("print_ready", new_id()))
        assert (await room.get("/v1/print-queue", "61.09"))["items"] == []

    async def test_goes_on_over_pages(self, room: Room) -> None:
        people = [new_id() for _ in range(5)]
        await room.consume(state_changed("print_ready", *people))
        first = await room.get("/v1/print-queue?limit=3")
        second = await room.get(f"/v1/print-queue?limit=3&cursor={first['next']}")
        shown = [row["recording"] for row in first["items"] + second["items"]]
        assert sorted(shown) == sorted(map(str, people))
        assert second["next"] is None


class TestPrintRuns:
    async def test_uses_blanks_and_takes_people_out(self, room: Room) -> None:
        await room.set_opening(100)
        person = new_id()
        await room.consume(state_changed("print_ready", person))
        made = await room.create("/v1/print-runs", run(person, cards=4, misprinted=2))
        assert (made["cards"], made["misprinted"]) == (5, 2)
        assert (await room.stock())["value"] == 93
        assert await queue(room) == []
        type_, data = (await room.published_events())[-1]
        event = msgspec.json.decode(data, type=CardsPrinted)
        assert type_ == CardsPrinted.type
        assert sorted((line.cards, len(line.recordings)) for line in event.lines) == [(1, 1), (4, 0)]

    async def test_the_same_again_prints_nothing(self, room: Room) -> None:
        await room.set_opening(100)
        body = run(cards=5)
        await room.create("/v1/print-runs", body)
        assert (await room.post("/v1/print-runs", body)).status_code == 200
        assert (await room.stock())["value"] == 95

    async def test_is_told_in_several_events_when_large(self, room: Room) -> None:
        await room.set_opening(5000)
        people = [new_id() for _ in range(1201)]
        for start in range(0, len(people), 500):
            await room.consume(state_changed("print_ready", *people[start : start + 500]))
        await room.create("/v1/print-runs", run(*people, misprinted=3))
        events = [
            msgspec.json.decode(data, type=CardsPrinted)
            for type_, data in await room.published_events()
            if type_ == CardsPrinted.type
        ]
        assert [sum(line.cards for line in event.lines) for event in events] == [500, 500, 201]
        assert [event.misprinted for event in events] == [3, 0, 0]

    async def test_refuses_who_is_not_print_ready(self, room: Room) -> None:
        """B108."""
        await room.set_opening(100)
        failed, printed = new_id(), new_id()
        await room.consume(state_changed("failed", failed))
        await room.consume(state_changed("print_ready", printed))
        await room.create("/v1/print-runs", run(printed))
        for person in (failed, printed):
            answer = await room.post("/v1/print-runs", run(person))
            assert (answer.status_code, answer.json()["code"]) == (409, "not_printable")

    async def test_refuses_who_was_never_seen_with_the_line(self, room: Room) -> None:
        """B105: all lines or none."""
        await room.set_opening(100)
        people = [new_id() for _ in range(3)]
        await room.consume(state_changed("print_ready", *people[:2]))
        answer = await room.post("/v1/print-runs", run(*people))
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_reference")
        assert answer.json()["errors"][0]["pointer"] == "#/lines/2/recording"
        assert len(await queue(room)) == 2

    async def test_refuses_too_many_lines(self, room: Room) -> None:
        """B105."""
        lines = [{"area": STORE, "cards": 1, "reason": "lost"}] * 10_001
        answer = await room.post("/v1/print-runs", run(lines=lines))
        assert (answer.status_code, answer.json()["code"]) == (413, "too_many_items")

    async def test_refuses_without_blanks(self, room: Room) -> None:
        await room.set_opening(0)
        answer = await room.post("/v1/print-runs", run(cards=1))
        assert (answer.status_code, answer.json()["code"]) == (409, "insufficient_stock")

    async def test_reprints_are_no_first_cards(self, room: Room) -> None:
        await room.set_opening(10)
        lines = [{"area": STORE, "cards": 2, "reason": "lost"}]
        await room.create("/v1/print-runs", run(lines=lines))
        [line] = msgspec.json.decode((await room.published_events())[-1][1], type=CardsPrinted).lines
        assert not line.first
