"""Two transactions at once: each check reads what the other wrote, as if one had come after the other."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from services.blanks.ledger.commands import open_stock
from services.blanks.ledger.schemas import OpeningCreate
from services.blanks.printing.commands import print_cards
from services.blanks.printing.handlers import on_recordings_state_changed
from services.blanks.printing.schemas import PrintRunCreate
from shared.base import ids
from shared.db import Database
from shared.http.reader import parse_model
from shared.messaging.inbox import EventOrigin
from shared.security.caller import Caller
from tests.blanks.conftest import DAY, STORE, Room, new_id, opening, posting, requisition, run, shipment
from tests.blanks.test_printing import state_changed
from tests.conftest import NOON

Body = dict[str, Any]  # Any: JSON
EARLY, LATE = "2018-11-01", "2018-11-10"
CALLER = Caller(subject="officer", client="office", scopes=frozenset(), areas=("*",))
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def until_it_waits(database: Database) -> None:
    """Until another transaction stands at a lock; on SQLite the second writer waits in any case."""
    for _ in range(100):
        await asyncio.sleep(0.01)
        if database.is_sqlite:
            return
        async with database.read() as session:
            if (await (await session.connection()).execute(text(WAITING))).scalar_one():
                return
    raise AssertionError("nothing waits")


async def begun_meanwhile(room: Room, path: str, body: Body) -> "asyncio.Task[httpx.Response]":
    """A request that begins while the transaction of the test is open, and waits for it."""
    task = asyncio.create_task(room.post(path, body))
    await until_it_waits(room.database)
    assert not task.done()
    return task


class TestOpenings:
    @pytest.mark.parametrize(
        ("first", "second", "expected"),
        [
            ((LATE, 500), (EARLY, 100), 500),
            ((EARLY, 100), (LATE, 500), 500),
            ((LATE, 500), (LATE, 100), 100),
            ((LATE, 500), (LATE, None), None),
            ((EARLY, 100), (LATE, None), 100),
        ],
    )
    async def test_two_of_one_district(
        self, room: Room, first: tuple[str, int], second: tuple[str, int | None], expected: int | None
    ) -> None:
        """Balances stand on the document on which reports do: of the latest day, and of one day the last said."""
        later, earlier = sorted(new_id() for _ in range(2))  # ids tell no order
        bodies = [
            opening(id=earlier, as_of=first[0], value=first[1]),
            opening(id=later, as_of=second[0], value=second[1] or 0),
        ]
        if second[1] is None:
            bodies[1]["lines"] = []
        async with room.database.write() as session:
            body = parse_model(json.dumps(bodies[0]).encode(), OpeningCreate)
            await open_stock(session, body=body, fingerprint="", by=CALLER)
            task = await begun_meanwhile(room, "/v1/stock-openings", bodies[1])
        assert (await task).status_code == 201
        assert (await room.stock())["value"] == expected
        assert [json.loads(data)["as_of"] for _, data in await room.published_events()] == [first[0], second[0]]

    async def test_many_of_one_district(self, room: Room) -> None:
        bodies = [opening(as_of=f"2018-11-{day:02}", value=day) for day in (4, 9, 2, 7, 5, 1, 8, 3, 6)]
        assert set(await statuses(room, [("/v1/stock-openings", body) for body in bodies])) == {201}
        stock = await room.stock()
        assert (stock["opened_on"], stock["value"]) == ("2018-11-09", 9)

    async def test_with_a_move_out_of_a_new_store(self, room: Room) -> None:
        came = posting(30, out="ministry", into=f"store:{STORE}", reason="received")
        answers = await statuses(room, [("/v1/stock-openings", opening(value=100)), ("/v1/postings", came)])
        assert answers == [201, 201]
        assert (await room.stock())["value"] == 130


class TestPrinting:
    async def test_who_fails_while_being_printed_begins_again(self, room: Room) -> None:
        await room.set_opening(100)
        person = ids.new_id()
        await room.consume(state_changed("print_ready", person))
        async with room.database.write() as session:
            body = parse_model(json.dumps(run(person)).encode(), PrintRunCreate)
            await print_cards(session, body=body, fingerprint="", by=CALLER)
            task = asyncio.create_task(room.consume(state_changed("failed", person, left="print_ready")))
            await until_it_waits(room.database)
        await task
        await room.consume(state_changed("print_ready", person, left="failed"))
        await room.create("/v1/print-runs", run(person))

    async def test_who_is_failing_is_not_printed(self, room: Room) -> None:
        await room.set_opening(100)
        person = ids.new_id()
        await room.consume(state_changed("print_ready", person), seq=1)
        async with room.database.write() as session:
            event = state_changed("failed", person, left="print_ready")
            await on_recordings_state_changed(session, event, EventOrigin("recording", 3, 2, ids.new_id(), NOON))
            await session.flush()
            task = await begun_meanwhile(room, "/v1/print-runs", run(person))
        answer = await task
        assert (answer.status_code, answer.json()["code"]) == (409, "not_printable")
        assert (await room.stock())["value"] == 100

    async def test_nobody_is_printed_twice(self, room: Room) -> None:
        await room.set_opening(100)
        people = [ids.new_id() for _ in range(3)]
        await room.consume(state_changed("print_ready", *people))
        runs = [run(*people), run(*reversed(people)), run(people[1])]
        assert (await statuses(room, [("/v1/print-runs", body) for body in runs])).count(201) == 1


class TestSteps:
    async def test_one_of_two_reversals(self, room: Room) -> None:
        await room.set_opening(100)
        made = await room.create("/v1/postings", posting(5))
        path = f"/v1/postings/{made['id']}/reversal"
        twice: list[tuple[str, dict[str, Any]]] = [
            (path, {"id": new_id(), "reason": "counted wrongly"}) for _ in range(2)
        ]
        assert await statuses(room, twice) == [201, 409]
        assert (await room.stock())["value"] == 100

    async def test_one_of_two_answers(self, room: Room) -> None:
        made = await room.create("/v1/requisitions", requisition())
        path, on = f"/v1/requisitions/{made['id']}", {"occurred_on": str(DAY)}
        answers: list[tuple[str, dict[str, Any]]] = [
            (f"{path}/grant", on | {"pieces": 5}),
            (f"{path}/rejection", on | {"reason": "nothing left"}),
        ]
        assert await statuses(room, answers) == [201, 409]

    async def test_deliveries_within_the_grant(self, room: Room) -> None:
        made = await room.create("/v1/requisitions", requisition())
        path = f"/v1/requisitions/{made['id']}"
        await room.create(f"{path}/grant", {"pieces": 100, "occurred_on": str(DAY)})
        assert await statuses(room, [(f"{path}/shipments", shipment(50, damaged=10)) for _ in range(2)]) == [201, 409]


async def statuses(room: Room, requests: Sequence[tuple[str, Body]]) -> list[int]:
    answers = await asyncio.gather(*(room.post(path, body) for path, body in requests))
    return sorted(answer.status_code for answer in answers)
