"""Requisitions: asked, granted and received apart; the open balance survives several deliveries."""

from typing import Any

import pytest

from services.blanks.requisitions.models import GrantExceedsRequest, MoreThanSent, Requisition, Shipment, State
from shared.base import ids
from shared.base.errors import IllegalTransition
from tests.blanks.conftest import DAY, STORE, Room, new_id, requisition, shipment

GRANT = {"pieces": 1500, "occurred_on": str(DAY)}


class TestGrant:
    async def test_keeps_asked_and_granted_apart(self, room: Room) -> None:
        asked = await room.create("/v1/requisitions", requisition())
        granted = await room.create(f"/v1/requisitions/{asked['id']}/grant", GRANT)
        assert (granted["asked"], granted["granted"], granted["open_pieces"]) == (2000, 1500, 1500)

    async def test_the_same_again_stands_another_does_not(self, room: Room) -> None:
        asked = await room.create("/v1/requisitions", requisition())
        path = f"/v1/requisitions/{asked['id']}/grant"
        await room.create(path, GRANT)
        assert (await room.post(path, GRANT)).status_code == 200
        other = await room.post(path, GRANT | {"pieces": 1400})
        assert (other.status_code, other.json()["code"]) == (409, "illegal_transition")
        assert (other.json()["state"], other.json()["allowed"]) == ("granted", ["shipments", "closing"])

    async def test_refuses_more_than_was_asked(self, room: Room) -> None:
        asked = await room.create("/v1/requisitions", requisition(asked=500))
        answer = await room.post(f"/v1/requisitions/{asked['id']}/grant", GRANT)
        assert (answer.status_code, answer.json()["code"]) == (409, "grant_exceeds_request")

    async def test_is_the_suppliers_to_give(self, room: Room) -> None:
        asked = await room.create("/v1/requisitions", requisition())
        answer = await room.post(f"/v1/requisitions/{asked['id']}/grant", GRANT, "61.03")
        assert answer.status_code == 404
        assert (await room.post(f"/v1/requisitions/{asked['id']}/grant", GRANT, "61")).status_code == 201


class TestDeliveries:
    async def test_several_serve_one_requisition(self, room: Room) -> None:
        await room.set_opening(10)
        asked = await room.create("/v1/requisitions", requisition())
        await room.create(f"/v1/requisitions/{asked['id']}/grant", GRANT)
        for accepted in (500, 600):
            await room.create(f"/v1/requisitions/{asked['id']}/shipments", shipment(accepted, short=1))
        found = await room.get(f"/v1/requisitions/{asked['id']}")
        assert (found["received"], found["open_pieces"], found["short"], len(found["shipments"])) == (1100, 400, 2, 2)
        assert (await room.stock())["value"] == 1110

    async def test_says_it_in_one_event(self, room: Room) -> None:
        asked = await room.create("/v1/requisitions", requisition(asked=None))
        await room.create(f"/v1/requisitions/{asked['id']}/shipments", shipment(2000, qualifier="about"))
        types = [type_ for type_, _ in await room.published_events()]
        assert types == ["rekap.blanks.requisition.submitted.v1", "rekap.blanks.shipment.received.v1"]
        _, data = (await room.published_events())[-1]
        assert '"accepted":{"value":2000,"low":1900,"high":2100}' in data

    async def test_a_store_that_only_received_stays_unknown(self, room: Room) -> None:
        asked = await room.create("/v1/requisitions", requisition(asked=None))
        await room.create(f"/v1/requisitions/{asked['id']}/shipments", shipment(2000))
        assert not (await room.stock())["known"]

    async def test_refuses_more_than_was_granted(self, room: Room) -> None:
        """B96."""
        asked = await room.create("/v1/requisitions", requisition())
        await room.create(f"/v1/requisitions/{asked['id']}/grant", GRANT)
        answer = await room.post(f"/v1/requisitions/{asked['id']}/shipments", shipment(1501))
        assert (answer.status_code, answer.json()["code"]) == (409, "more_than_sent")

    async def test_damaged_pieces_count_against_the_grant_in_every_delivery(self, room: Room) -> None:
        """B96."""
        asked = await room.create("/v1/requisitions", requisition())
        path = f"/v1/requisitions/{asked['id']}"
        await room.create(f"{path}/grant", GRANT | {"pieces": 100})
        await room.create(f"{path}/shipments", shipment(50, damaged=40))
        answer = await room.post(f"{path}/shipments", shipment(11))
        assert (answer.status_code, answer.json()["code"]) == (409, "more_than_sent")
        await room.create(f"{path}/shipments", shipment(10))
        found = await room.get(path)
        assert (found["received"], found["damaged"], found["open_pieces"]) == (60, 40, 0)
        assert '"complete":true' in (await room.published_events())[-1][1]

    async def test_refuses_before_it_was_answered(self, room: Room) -> None:
        asked = await room.create("/v1/requisitions", requisition())
        answer = await room.post(f"/v1/requisitions/{asked['id']}/shipments", shipment())
        assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")

    async def test_damaged_blanks_are_spoiled_not_stocked(self, room: Room) -> None:
        await room.set_opening(0)
        asked = await room.create("/v1/requisitions", requisition(asked=None))
        await room.create(f"/v1/requisitions/{asked['id']}/shipments", shipment(90, damaged=10))
        assert (await room.stock(f"store:{STORE}"))["value"] == 90

    async def test_a_store_of_another_district_is_refused(self, room: Room) -> None:
        asked = await room.create("/v1/requisitions", requisition(asked=None))
        answer = await room.post(f"/v1/requisitions/{asked['id']}/shipments", shipment(store="61.09.00"))
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_area")


class TestReach:
    async def test_a_neighbours_is_as_if_it_were_not(self, room: Room) -> None:
        made = await room.create("/v1/requisitions", requisition())
        neighbour = await room.client.get(f"/v1/requisitions/{made['id']}", headers=room.bearer("61.09"))
        missing = await room.client.get(f"/v1/requisitions/{new_id()}", headers=room.bearer("61.09"))
        bodies = {answer.text.replace(answer.headers["x-request-id"], "") for answer in (neighbour, missing)}
        assert (neighbour.status_code, len(bodies)) == (404, 1)


class TestRules:
    """Without a database."""

    def row(self, **changes: Any) -> Requisition:
        told = {"id": ids.new_id(), "district": "61.03", "supplier": "61", "asked": 100, "submitted_on": DAY}
        return Requisition(**{**told, "changed_on": DAY, "fingerprint": "", **changes})

    def test_grants_at_most_what_was_asked(self) -> None:
        with pytest.raises(GrantExceedsRequest):
            self.row().grant(101, on=DAY)

    @pytest.mark.parametrize("state", [State.GRANTED, State.REJECTED, State.CLOSED])
    def test_is_answered_once(self, state: State) -> None:
        with pytest.raises(IllegalTransition):
            self.row(state=state).grant(1, on=DAY)
        with pytest.raises(IllegalTransition):
            self.row(state=state).reject(on=DAY, reason="no")

    @pytest.mark.parametrize(
        ("state", "asked", "granted", "before", "now", "expected"),
        [
            # before and now: accepted and damaged of the earlier deliveries, and of this one
            (State.OPEN, 100, None, (0, 0), (1, 0), IllegalTransition),
            (State.REJECTED, 100, None, (0, 0), (1, 0), IllegalTransition),
            (State.CLOSED, 100, 100, (0, 0), (1, 0), IllegalTransition),
            (State.REJECTED, None, None, (0, 0), (1, 0), IllegalTransition),
            (State.CLOSED, None, None, (0, 0), (1, 0), IllegalTransition),
            (State.OPEN, None, None, (900, 9), (900, 9), None),
            (State.GRANTED, 100, 100, (0, 0), (100, 0), 0),
            (State.GRANTED, 100, 100, (0, 0), (101, 0), MoreThanSent),
            (State.GRANTED, 100, 100, (0, 0), (60, 40), 0),
            (State.GRANTED, 100, 100, (0, 0), (60, 41), MoreThanSent),
            (State.GRANTED, 100, 100, (50, 0), (50, 0), 0),
            (State.GRANTED, 100, 100, (50, 0), (51, 0), MoreThanSent),
            (State.GRANTED, 100, 100, (50, 0), (20, 30), 0),
            (State.GRANTED, 100, 100, (50, 0), (20, 31), MoreThanSent),
            (State.GRANTED, 100, 100, (50, 50), (1, 0), MoreThanSent),
            (State.GRANTED, 100, 100, (50, 40), (10, 0), 0),
            (State.GRANTED, 100, 100, (50, 40), (11, 0), MoreThanSent),
            (State.GRANTED, 100, 100, (50, 40), (5, 5), 0),
            (State.GRANTED, 100, 100, (50, 20), (5, 5), 20),
            (State.GRANTED, None, 80, (50, 20), (5, 6), MoreThanSent),
        ],
    )
    def test_whatever_arrives_counts_against_the_grant(
        self, state: State, asked: int | None, granted: int | None, before: tuple[int, int], now: tuple[int, int],
        expected: int | type[Exception] | None,
    ) -> None:  # fmt: skip
        """expected: the pieces still open afterwards, or the refusal; none where no grant is known."""
        row = self.row(state=state, asked=asked, granted=granted, received=before[0], damaged=before[1])
        if isinstance(expected, type):
            with pytest.raises(expected):
                row.receive(self.arriving(row, *now))
            assert (row.received, row.damaged) == before
            return
        event = row.receive(self.arriving(row, *now))
        assert (row.received, row.damaged) == (before[0] + now[0], before[1] + now[1])
        assert (row.open_pieces, event.complete) == (expected, not expected)

    def test_what_is_short_has_not_arrived(self) -> None:
        row = self.row(state=State.GRANTED, granted=100)
        row.receive(self.arriving(row, 40, 0, short=60))
        assert (row.open_pieces, row.short) == (60, 60)

    def arriving(self, row: Requisition, accepted: int, damaged: int, short: int = 0) -> Shipment:
        return Shipment(
            id=ids.new_id(), requisition=row.id, district=row.district, store=STORE, accepted=accepted,
            accepted_low=accepted, accepted_high=accepted, damaged=damaged, short=short, occurred_on=DAY,
            fingerprint="",
        )  # fmt: skip

    def test_an_old_grant_nobody_told_of_can_be_any_number(self) -> None:
        assert self.row(asked=None).grant(5000, on=DAY).granted == 5000
