"""Repairs: every step from every state, ages and legs, promises, owners, one open ticket per component."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.equipment.repairs.models import (
    COST_AT_MOST_IDR,
    REPAIR_STEPS,
    STEP_STATES,
    CentralProperty,
    Repair,
    RepairState,
    RepairStep,
)
from services.equipment.rules import NothingNew
from shared.base import clock
from shared.base.errors import BadRange, IllegalTransition, InFuture, OutOfRange
from shared.events.equipment.repairs import RepairMoved
from tests import factories
from tests.equipment.conftest import SECOND, SUNGAI_RAYA, Office, assert_refused, fault, step

S = RepairState
REPORTED = date(2018, 11, 1)
STEPS_IN_ORDER = (
    S.DIAGNOSED,
    S.PACKED,
    S.SENT,
    S.RECEIVED,
    S.WAITING_PARTS,
    S.REPAIRED,
    S.RETURNED,
    S.TESTED,
    S.CLOSED,
)


def reported_repair(owner: str = "district", state: RepairState = S.REPORTED) -> Repair:
    return Repair(
        id=factories.new_id(), district="61.12", area=SUNGAI_RAYA, kit="A", component="camera", cause="wear",
        owner=owner, state=state, reported_on=REPORTED, steps=[], fingerprint="", created_at=clock.now(), created_by="",
    )  # fmt: skip


def repair_step(state: RepairState, on: date = REPORTED, **said: Any) -> RepairStep:
    return RepairStep(
        id=factories.new_id(), repair_id=UUID(int=0), area=SUNGAI_RAYA, state=state, occurred_on=on, fingerprint="",
        created_at=clock.now(), created_by="", **said,
    )  # fmt: skip


class TestStates:
    @pytest.mark.parametrize("state", S)
    @pytest.mark.parametrize("move", STEP_STATES)
    def test_every_step_from_every_state(self, state: RepairState, move: RepairState) -> None:
        row = reported_repair(state=state)
        if move in REPAIR_STEPS[state]:
            event = row.enter_state(repair_step(move, due_on=date(2018, 12, 24)))
            assert (row.state, event.state) == (move, str(move))
        else:
            with pytest.raises(IllegalTransition) as refusal:
                row.enter_state(repair_step(move, due_on=date(2018, 12, 24)))
            assert refusal.value.extra == {"state": str(state), "allowed": [str(each) for each in REPAIR_STEPS[state]]}

    @pytest.mark.parametrize("state", S)
    def test_property_of_the_centre_is_never_written_off(self, state: RepairState) -> None:
        row = reported_repair(owner="central", state=state)
        with pytest.raises(CentralProperty):
            row.enter_state(repair_step(S.WRITTEN_OFF))
        assert S.WRITTEN_OFF not in row.allowed

    def test_every_open_state_leads_to_an_end(self) -> None:
        """Also without writing off."""
        closing = {S.CLOSED}
        for _ in S:
            closing |= {state for state, steps in REPAIR_STEPS.items() if closing & {*steps}}
        assert closing == {*S} - {S.WRITTEN_OFF}

    def test_the_whole_trip_to_the_depot(self) -> None:
        row = reported_repair(owner="central")
        for state in STEPS_IN_ORDER:
            row.enter_state(repair_step(state))
        assert (row.state, row.ended_on) == (S.CLOSED, REPORTED)


class TestRepair:
    def test_ages_until_it_ends_and_shows_the_days_of_each_leg(self) -> None:
        row = reported_repair()
        row.enter_state(repair_step(S.PACKED, date(2018, 11, 4)))
        row.enter_state(repair_step(S.SENT, date(2018, 11, 10), due_on=date(2018, 11, 20)))
        row.enter_state(repair_step(S.SENT, date(2018, 11, 20), due_on=date(2018, 12, 24)))

        assert row.age_days == 29
        assert [(leg.state, leg.days) for leg in row.legs] == [("reported", 3), ("packed", 6), ("sent", 20)]
        row.enter_state(repair_step(S.WRITTEN_OFF, date(2018, 11, 22)))
        assert (row.age_days, row.legs[-2].days, row.legs[-1].days) == (21, 12, 0)

    def test_keeps_the_history_of_its_promises(self) -> None:
        row = reported_repair()
        row.enter_state(repair_step(S.PACKED))
        row.enter_state(repair_step(S.SENT, due_on=date(2018, 11, 20)))
        row.enter_state(repair_step(S.SENT, date(2018, 11, 20), due_on=date(2018, 12, 24)))
        assert row.enter_state(repair_step(S.RECEIVED, date(2018, 11, 21))).due_on is None

        assert row.promises == [(date(2018, 11, 20), REPORTED), (date(2018, 12, 24), date(2018, 11, 20))]
        assert row.due_on == date(2018, 12, 24)

    def test_the_same_state_again_brings_a_promise(self) -> None:
        row = reported_repair(state=S.SENT)
        with pytest.raises(NothingNew):
            row.enter_state(repair_step(S.SENT))

    def test_tells_payer_and_cost_of_the_ticket_so_far(self) -> None:
        row = reported_repair()
        row.enter_state(repair_step(S.PACKED, payer="district", cost_idr=200_000))
        row.enter_state(repair_step(S.SENT))
        event: RepairMoved = row.enter_state(repair_step(S.RECEIVED, payer="ministry", cost_idr=1_500_000))

        assert (event.payer, event.cost_idr) == ("ministry", 1_700_000)
        with pytest.raises(OutOfRange):
            row.enter_state(repair_step(S.RETURNED, cost_idr=COST_AT_MOST_IDR))

    @pytest.mark.parametrize(
        ("on", "due_on", "error"),
        [
            (date(2018, 10, 31), None, BadRange),
            (date(2018, 12, 1), None, InFuture),
            (date(2018, 11, 20), date(2018, 11, 19), BadRange),
        ],
    )
    def test_refuses_a_day(self, on: date, due_on: date | None, error: type[Exception]) -> None:
        with pytest.raises(error):
            reported_repair().enter_state(repair_step(S.DIAGNOSED, on, due_on=due_on))

    def test_nothing_is_dated_before_the_last_step(self) -> None:
        row = reported_repair()
        row.enter_state(repair_step(S.DIAGNOSED, date(2018, 11, 20)))
        with pytest.raises(BadRange):
            row.enter_state(repair_step(S.PACKED, date(2018, 11, 19)))


class TestRoutes:
    async def test_from_fault_to_closed(self, office: Office) -> None:
        body = fault()
        made = await office.create("/v1/repairs", body)
        assert (made["state"], made["age_days"]) == ("reported", 29)
        assert "written_off" not in made["allowed"]
        path = f"/v1/repairs/{body['id']}"
        sent = [step(str(state), due_on="2018-12-24" if state is S.SENT else None) for state in STEPS_IN_ORDER]
        for each in sent:
            closed = await office.create(f"{path}/steps", each)

        assert (closed["state"], closed["ended_on"], closed["age_days"]) == ("closed", "2018-11-02", 1)
        assert [each["state"] for each in closed["steps"]] == [str(state) for state in STEPS_IN_ORDER]
        assert closed["promises"] == [{"due_on": "2018-12-24", "said_on": "2018-11-02"}]
        again = await office.post(f"{path}/steps", sent[3])
        assert (again.status_code, again.headers["idempotency-replayed"], again.json()) == (200, "true", closed)
        events = await office.published_events()
        assert (events[0].component, events[0].cause) == ("iris_scanner", "wear")
        assert [event.state for event in events[1:]] == [str(state) for state in STEPS_IN_ORDER]

    async def test_one_open_repair_per_component_of_a_kit(self, office: Office) -> None:
        body = fault(owner="district")
        await office.create("/v1/repairs", body)

        assert_refused(await office.post("/v1/repairs", fault()), 409, "already_open", "#/component")
        assert (await office.post("/v1/repairs", body)).status_code == 200
        for other in ({"component": "camera"}, {"kit": "B"}, {"area": SECOND}):
            await office.create("/v1/repairs", fault(**other))
        await office.create(f"/v1/repairs/{body['id']}/steps", step("written_off"))
        await office.create("/v1/repairs", fault())

    async def test_central_property_stays(self, office: Office) -> None:
        body = fault()
        await office.create("/v1/repairs", body)

        assert_refused(
            await office.post(f"/v1/repairs/{body['id']}/steps", step("written_off")),
            409,
            "central_property",
            "#/state",
        )

    async def test_open_ones_oldest_first(self, office: Office) -> None:
        bodies = [
            fault(kit=kit, owner="granted", occurred_on=on)
            for kit, on in (("A", "2018-11-20"), ("B", "2018-11-01"), ("C", "2018-11-10"))
        ]
        for body in bodies:
            await office.create("/v1/repairs", body)
        await office.create(f"/v1/repairs/{bodies[2]['id']}/steps", step("written_off", "2018-11-11"))

        assert [item["kit"] for item in (await office.get("/v1/repairs")).json()["items"]] == ["B", "A"]
        assert [item["kit"] for item in (await office.get("/v1/repairs", open="false")).json()["items"]] == ["C"]
        assert (await office.of(SECOND).get("/v1/repairs")).json()["items"] == []

    async def test_a_neighbours_is_not_found(self, office: Office) -> None:
        body = fault()
        await office.create("/v1/repairs", body)
        other = office.of(SECOND)

        assert_refused(await other.get(f"/v1/repairs/{body['id']}"), 404, "not_found")
        assert_refused(await other.post(f"/v1/repairs/{body['id']}/steps", step("diagnosed")), 404, "not_found")

    async def test_a_step_of_another_repair_keeps_its_id(self, office: Office) -> None:
        one, other, first = fault(), fault(kit="B"), step("diagnosed")
        for body in (one, other):
            await office.create("/v1/repairs", body)
        await office.create(f"/v1/repairs/{one['id']}/steps", first)

        assert_refused(
            await office.post(f"/v1/repairs/{other['id']}/steps", first), 409, "exists_with_different", "#/id"
        )
        differs = first | {"note": "another"}
        assert_refused(
            await office.post(f"/v1/repairs/{one['id']}/steps", differs), 409, "exists_with_different", "#/id"
        )

    async def test_bad_input(self, office: Office) -> None:
        for change, code, pointer in (
            ({"component": "toaster"}, "unknown_value", "#/component"),
            ({"cause": "Wear"}, "unknown_value", "#/cause"),
            ({"owner": "mine"}, "unknown_value", "#/owner"),
            ({"kit": "  "}, "blank_text", "#/kit"),
            ({"occurred_on": "2018-12-01"}, "in_future", "#/occurred_on"),
        ):
            assert_refused(await office.post("/v1/repairs", fault() | change), 422, code, pointer)
        assert await office.published_events() == []
        body = fault()
        await office.create("/v1/repairs", body)
        for sent, status, code, place in (
            (step("reported"), 422, "unknown_value", "#/state"),
            (step("closed"), 409, "illegal_transition", None),
            (step("diagnosed", cost_idr=-1), 422, "out_of_range", "#/cost_idr"),
            (step("diagnosed", "2018-10-31"), 422, "bad_range", "#/occurred_on"),
            (step("diagnosed", due_on="2018-11-01"), 422, "bad_range", "#/due_on"),
        ):
            assert_refused(await office.post(f"/v1/repairs/{body['id']}/steps", sent), status, code, place)
        assert len(await office.published_events()) == 1
