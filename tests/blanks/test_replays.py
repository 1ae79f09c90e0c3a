"""The same id again: under the thing it belongs to a replay, under another one or with other content a refusal."""

from collections.abc import Sequence
from typing import Any

import httpx

from tests.blanks.conftest import DAY, Room, new_id, opening, posting, requisition, run, shipment

Body = dict[str, Any]  # Any: JSON


def is_replay(answer: httpx.Response) -> bool:
    return answer.status_code == 200 and answer.headers["idempotency-replayed"] == "true"


def is_anothers(answer: httpx.Response) -> bool:
    problem = answer.json()
    return (answer.status_code, problem["code"], problem["errors"][0]["pointer"]) == (
        409,
        "exists_with_different",
        "#/id",
    )


async def refused_elsewhere(room: Room, paths: Sequence[str], body: Body) -> None:
    """It is made here; sent again it is a replay here, and there a refusal that says nothing and does nothing."""
    here, there = paths
    await room.create(here, body)
    events, stock = await room.published_events(), await room.stock()
    assert is_anothers(await room.post(there, body))
    assert is_replay(await room.post(here, body))
    assert (await room.published_events(), await room.stock()) == (events, stock)


class TestUnderAnotherParent:
    async def test_a_shipment_belongs_to_its_requisition(self, room: Room) -> None:
        await room.set_opening(0)
        here, there = [await room.create("/v1/requisitions", requisition(asked=None)) for _ in range(2)]
        paths = [f"/v1/requisitions/{each['id']}/shipments" for each in (here, there)]
        await refused_elsewhere(room, paths, shipment(5))
        assert (await room.get(f"/v1/requisitions/{there['id']}"))["shipments"] == []

    async def test_a_shipment_to_a_requisition_that_is_over(self, room: Room) -> None:
        """The refusal tells of the id, not of the state."""
        await room.set_opening(0)
        here, there = [await room.create("/v1/requisitions", requisition(asked=None)) for _ in range(2)]
        await room.create(f"/v1/requisitions/{there['id']}/closing", {"occurred_on": str(DAY)})
        paths = [f"/v1/requisitions/{each['id']}/shipments" for each in (here, there)]
        await refused_elsewhere(room, paths, shipment(5))

    async def test_a_reversal_belongs_to_its_posting(self, room: Room) -> None:
        await room.set_opening(100)
        here, there = [await room.create("/v1/postings", posting(5)) for _ in range(2)]
        paths = [f"/v1/postings/{each['id']}/reversal" for each in (here, there)]
        await refused_elsewhere(room, paths, {"id": new_id(), "reason": "counted wrongly"})
        await room.create(paths[1], {"id": new_id(), "reason": "counted wrongly"})

    async def test_a_reversal_is_no_posting_and_a_posting_no_reversal(self, room: Room) -> None:
        await room.set_opening(100)
        first, second = posting(5), posting(5)
        await room.create("/v1/postings", first)
        await room.create("/v1/postings", second)
        for id in (first["id"], second["id"]):
            answer = await room.post(f"/v1/postings/{first['id']}/reversal", {"id": id, "reason": "wrong"})
            assert is_anothers(answer)
        reversal = {"id": new_id(), "reason": "wrong"}
        await room.create(f"/v1/postings/{first['id']}/reversal", reversal)
        assert is_anothers(await room.post("/v1/postings", posting(5, id=reversal["id"])))


class TestWithOtherContent:
    async def test_what_names_its_parent_in_the_body(self, room: Room) -> None:
        await room.set_opening(100)
        for path, body, other in (
            ("/v1/stock-openings", opening(as_of="2018-11-01"), {"district": "61.09", "lines": []}),
            ("/v1/stock-openings", opening(as_of="2018-11-01"), {"as_of": "2018-11-02"}),
            ("/v1/postings", posting(5), {"legs": posting(5, into="destroyed:61.03")["legs"]}),
            ("/v1/requisitions", requisition(), {"district": "61.09"}),
            ("/v1/requisitions", requisition(), {"supplier": "00"}),
            ("/v1/print-runs", run(cards=2), {"store": "61.09.00"}),
        ):
            await room.create(path, body)
            assert is_replay(await room.post(path, body)), path
            assert is_anothers(await room.post(path, body | other)), (path, other)

    async def test_an_answer_to_one_requisition_answers_no_other(self, room: Room) -> None:
        """Steps without an id of their own: the same body for another requisition is that one's step."""
        rejection = {"occurred_on": str(DAY), "reason": "nothing left"}
        for step, body in (
            ("grant", {"pieces": 5, "occurred_on": str(DAY)}),
            ("rejection", rejection),
            ("closing", rejection),
        ):
            for made in [await room.create("/v1/requisitions", requisition()) for _ in range(2)]:
                path = f"/v1/requisitions/{made['id']}/{step}"
                assert (await room.create(path, body))["id"] == made["id"]
                assert is_replay(await room.post(path, body)), step
