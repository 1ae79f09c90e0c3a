"""Promised deliveries: every step from every state, slips with their history, what is overdue where."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from services.equipment.deliveries.models import DELIVERY_STEPS, Delivery, DeliveryState, Slip
from shared.base import clock
from shared.base.errors import BadRange, IllegalTransition, InFuture, Invalid
from shared.events.base import Event
from tests import factories
from tests.conftest import FrozenClock
from tests.equipment.conftest import SUNGAI_RAYA, Office, assert_refused, delivery, slip_body

PROMISED, DUE, NEXT = date(2018, 11, 1), date(2018, 11, 10), date(2018, 11, 20)


def promised_delivery() -> Delivery:
    return Delivery(
        id=factories.new_id(), district="61.12", area="61.12", what="kits", by="consortium", promised_on=PROMISED,
        first_due_on=DUE, due_on=DUE, slips=[], fingerprint="", created_at=clock.now(), created_by="",
    )  # fmt: skip


def slip_to(due_on: date, on: date = DUE) -> Slip:
    return Slip(
        id=factories.new_id(), delivery_id=UUID(int=0), area="61.12", occurred_on=on, due_on_before=DUE, due_on=due_on,
        reason="late", fingerprint="", created_at=clock.now(), created_by="",
    )  # fmt: skip


def take_step(row: Delivery, state: DeliveryState, on: date = DUE) -> Event | None:
    if state is DeliveryState.RESCHEDULED:
        return row.reschedule(slip_to(row.due_on.replace(day=row.due_on.day + 1), on))
    if state is DeliveryState.RECEIVED:
        return row.receive(on, None, request="r")
    return row.cancel(on, "given up", request="c")


def delivery_in_state(state: DeliveryState) -> Delivery:
    row = promised_delivery()
    if state is not DeliveryState.PROMISED:
        take_step(row, state)
    return row


class TestStates:
    @pytest.mark.parametrize("state", DeliveryState)
    @pytest.mark.parametrize("step", [step for step in DeliveryState if step is not DeliveryState.PROMISED])
    def test_every_step_from_every_state(self, state: DeliveryState, step: DeliveryState) -> None:
        row = delivery_in_state(state)
        if step in DELIVERY_STEPS[state]:
            assert take_step(row, step) is not None
            assert row.state == step
        elif step == state:
            assert take_step(row, step) is None  # the same said again
        else:
            with pytest.raises(IllegalTransition) as refusal:
                take_step(row, step)
            assert refusal.value.extra == {"state": str(state), "allowed": []}

    def test_ended_is_ended(self) -> None:
        assert [state for state, steps in DELIVERY_STEPS.items() if not steps] == ["received", "cancelled"]


class TestDelivery:
    def test_keeps_the_history_of_its_slips(self) -> None:
        row = promised_delivery()
        first, second = row.reschedule(slip_to(NEXT)), row.reschedule(slip_to(date(2018, 12, 24), NEXT))

        assert (first.slips, second.slips, second.due_on) == (1, 2, date(2018, 12, 24))
        assert [(kept.due_on_before, kept.due_on) for kept in row.slips] == [(DUE, NEXT), (NEXT, row.due_on)]
        assert row.first_due_on == DUE

    @pytest.mark.parametrize(
        ("due_on", "on", "error"),
        [
            (NEXT, date(2018, 10, 31), BadRange),  # before the promise
            (NEXT, date(2018, 12, 1), InFuture),
            (date(2018, 11, 9), DUE, BadRange),  # promised for a day that is over
            (DUE, DUE, Invalid),
        ],
    )
    def test_refuses_a_slip(self, due_on: date, on: date, error: type[Exception]) -> None:
        with pytest.raises(error):
            promised_delivery().reschedule(slip_to(due_on, on))

    def test_nothing_is_dated_before_the_last_step(self) -> None:
        row = promised_delivery()
        row.reschedule(slip_to(NEXT))
        with pytest.raises(BadRange):
            row.receive(date(2018, 11, 9), None, request="r")

    def test_is_overdue_until_it_ends(self) -> None:
        row = promised_delivery()
        assert row.overdue_days == 20
        row.receive(date(2018, 11, 12), None, request="r")
        assert row.overdue_days == 2

    def test_the_due_day_itself_is_in_time(self) -> None:
        row = promised_delivery()
        row.receive(DUE, None, request="r")
        assert row.overdue_days == 0


class TestRoutes:
    async def test_from_promise_to_receipt(self, office: Office) -> None:
        body = delivery()
        made = await office.create("/v1/deliveries", body)
        assert (made["state"], made["due_on"], made["overdue_days"]) == ("promised", "2018-11-10", 20)
        path = f"/v1/deliveries/{body['id']}"
        late = slip_body("2018-11-20")
        slipped = await office.create(f"{path}/slips", late)
        assert (slipped["state"], slipped["due_on"], slipped["first_due_on"]) == (
            "rescheduled", "2018-11-20", "2018-11-10",
        )  # fmt: skip
        assert [(each["due_on_before"], each["reason"]) for each in slipped["slips"]] == [
            ("2018-11-10", "ship is late")
        ]
        receipt = {"occurred_on": "2018-11-25", "note": "complete"}
        received = await office.post(f"{path}/receipt", receipt)
        assert (received.status_code, received.json()["state"]) == (201, "received")

        for again, sent in ((path.rpartition("/")[0], body), (f"{path}/slips", late), (f"{path}/receipt", receipt)):
            answer = await office.post(again, sent)
            assert (answer.status_code, answer.headers["idempotency-replayed"]) == (200, "true"), again
            assert answer.json() == received.json()
        events = await office.published_events()
        assert [event.type.split(".")[-2] for event in events] == ["promised", "rescheduled", "received"]
        assert {event.id for event in events} == {UUID(body["id"])}

    async def test_what_ended_differently_is_refused(self, office: Office) -> None:
        body = delivery()
        await office.create("/v1/deliveries", body)
        path = f"/v1/deliveries/{body['id']}"
        await office.post(f"{path}/receipt", {"occurred_on": "2018-11-25"})

        assert_refused(await office.post(f"{path}/receipt", {"occurred_on": "2018-11-26"}), 409, "illegal_transition")
        cancelled = await office.post(f"{path}/cancellation", {"occurred_on": "2018-11-26", "reason": "no"})
        assert_refused(cancelled, 409, "illegal_transition")
        assert (cancelled.json()["state"], cancelled.json()["allowed"]) == ("received", [])

    async def test_a_slip_of_another_delivery_keeps_its_id(self, office: Office) -> None:
        one, other, late = delivery(), delivery(), slip_body("2018-11-20")
        for body in (one, other):
            await office.create("/v1/deliveries", body)
        await office.create(f"/v1/deliveries/{one['id']}/slips", late)

        answer = await office.post(f"/v1/deliveries/{other['id']}/slips", late)
        assert_refused(answer, 409, "exists_with_different", "#/id")

    async def test_overdue_by_the_day_of_each_office(self, office: Office, frozen_clock: FrozenClock) -> None:
        """Late in the evening in the west it is tomorrow in the east."""
        frozen_clock.at = datetime(2018, 11, 30, 16, 30, tzinfo=UTC)
        for area in ("61.12", "52.02"):
            await office.create("/v1/deliveries", delivery(area=area, due_on="2018-11-30"))
        await office.create("/v1/deliveries", delivery(area="52.02", due_on="2018-12-01"))
        arrived = delivery(area="52.02", due_on="2018-11-10")
        await office.create("/v1/deliveries", arrived)
        await office.post(f"/v1/deliveries/{arrived['id']}/receipt", {"occurred_on": "2018-11-30"})

        items = (await office.get("/v1/deliveries", overdue="true")).json()["items"]
        assert [(item["area"], item["overdue_days"]) for item in items] == [("52.02", 1)]
        assert len((await office.get("/v1/deliveries")).json()["items"]) == 4

    async def test_pages_in_order_of_the_due_day(self, office: Office) -> None:
        for due_on in ("2018-12-03", "2018-12-01", "2018-12-02"):
            await office.create("/v1/deliveries", delivery(due_on=due_on))
        found, cursor = [], None
        while True:
            page = (await office.get("/v1/deliveries", limit=1, **({"cursor": cursor} if cursor else {}))).json()
            found += [item["due_on"] for item in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert found == ["2018-12-01", "2018-12-02", "2018-12-03"]

    async def test_a_token_reaches_its_own_area(self, office: Office) -> None:
        wide, narrow = delivery(), delivery(area=SUNGAI_RAYA)
        for body in (wide, narrow):
            await office.create("/v1/deliveries", body)
        mine = office.of(SUNGAI_RAYA)

        assert_refused(await mine.get(f"/v1/deliveries/{wide['id']}"), 404, "not_found")
        assert_refused(
            await mine.post(f"/v1/deliveries/{wide['id']}/receipt", {"occurred_on": "2018-11-30"}), 404, "not_found"
        )
        assert (await mine.get(f"/v1/deliveries/{narrow['id']}")).status_code == 200
        assert [item["id"] for item in (await mine.get("/v1/deliveries")).json()["items"]] == [narrow["id"]]
        assert_refused(await mine.post("/v1/deliveries", delivery()), 403, "area_forbidden", "#/area")
        taken = delivery(area=SUNGAI_RAYA) | {"id": wide["id"]}
        assert_refused(await mine.post("/v1/deliveries", taken), 409, "exists_with_different", "#/id")

    async def test_bad_input(self, office: Office) -> None:
        for change, code, pointer in (
            ({"due_on": "2018-10-31"}, "bad_range", "#/due_on"),
            ({"occurred_on": "2018-12-01", "due_on": "2018-12-02"}, "in_future", "#/occurred_on"),
            ({"occurred_on": "2007-01-01"}, "area_not_valid_then", "#/area"),
            ({"area": "61.12.00"}, "bad_area", "#/area"),
            ({"area": "61"}, "bad_area", "#/area"),
            ({"what": "x" * 201}, "too_long", "#/what"),
        ):
            assert_refused(await office.post("/v1/deliveries", delivery() | change), 422, code, pointer)
        unknown = f"/v1/deliveries/{factories.new_id()}"
        assert_refused(await office.post(f"{unknown}/receipt", {"occurred_on": "2018-11-30"}), 404, "not_found")
        answer = await office.get("/v1/deliveries", overdue="yes")
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_value")
        assert await office.published_events() == []
