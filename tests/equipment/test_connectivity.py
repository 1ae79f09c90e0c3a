"""Connections: observations, what is in force, and what a withdrawal says."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.equipment.connectivity import commands
from services.equipment.connectivity.models import Connection, Observation
from services.equipment.connectivity.queries import latest_valid
from services.equipment.connectivity.schemas import ConnectionCreate, WithdrawalCreate
from shared.base.errors import (
    AreaForbidden,
    AreaNotValidThen,
    ExistsWithDifferent,
    IllegalTransition,
    InFuture,
    NotFound,
)
from shared.db import Session
from tests.conftest import FrozenClock
from tests.equipment.conftest import (
    SECOND,
    SUNGAI_RAYA,
    Body,
    Office,
    assert_refused,
    caller,
    connection,
    day,
    fingerprint,
    parse_body,
    recorded_events,
)


async def observe(session: Session, body: Body, *areas: str) -> Observation:
    made = await commands.observe_connection(
        session, body=parse_body(ConnectionCreate, body), fingerprint=fingerprint(body), by=caller(*areas)
    )
    row: Observation = made.row
    return row


async def withdraw(session: Session, id: UUID, reason: str = "another place was meant", *areas: str) -> bool:
    body = parse_body(WithdrawalCreate, {"reason": reason})
    made = await commands.withdraw_observation(session, observation_id=id, body=body, by=caller(*areas))
    return not made.replayed


async def valid_state(session: Session, area: str = SUNGAI_RAYA) -> tuple[object, ...]:
    row = await session.get_one(Connection, area)
    return row.state, row.since_on, row.checked_on


class TestObserveConnection:
    async def test_says_what_was_seen(self, session: Session) -> None:
        row = await observe(session, connection())

        (event,) = recorded_events(session)
        assert (event.district, event.area, event.id) == ("61.12", SUNGAI_RAYA, row.id)
        assert (event.state, event.occurred_on, event.taken_back) == ("online", day("2018-11-30"), False)
        assert event.checked_by == "head of the office"

    async def test_keeps_since_when_and_last_checked(self, session: Session) -> None:
        for state, on in (("offline", "2018-11-01"), ("online", "2018-11-05"), ("online", "2018-11-20")):
            await observe(session, connection(state=state, occurred_on=on))

        assert await valid_state(session) == ("online", day("2018-11-05"), day("2018-11-20"))

    async def test_takes_a_late_one_into_its_place(self, session: Session) -> None:
        await observe(session, connection(state="online", occurred_on="2018-11-05"))
        await observe(session, connection(state="online", occurred_on="2018-11-20"))
        await observe(session, connection(state="degraded", occurred_on="2018-11-10"))

        assert await valid_state(session) == ("online", day("2018-11-20"), day("2018-11-20"))

    async def test_of_one_day_the_last_said_stands(self, session: Session) -> None:
        await observe(session, connection(state="online"))
        await observe(session, connection(state="offline"))

        assert (await valid_state(session))[0] == "offline"

    async def test_the_same_again_changes_nothing(self, session: Session) -> None:
        body = connection()
        first = await observe(session, body)

        assert await observe(session, body) is first
        assert len(recorded_events(session)) == 1

    async def test_another_with_the_same_id_is_refused(self, session: Session) -> None:
        body = connection()
        await observe(session, body)

        with pytest.raises(ExistsWithDifferent):
            await observe(session, body | {"state": "offline"})

    async def test_an_id_of_a_place_out_of_reach_is_refused(self, session: Session) -> None:
        body = connection()
        await observe(session, body)

        with pytest.raises(ExistsWithDifferent):
            await observe(session, body | {"area": SECOND}, SECOND)

    @pytest.mark.parametrize(
        ("change", "error"),
        [
            ({"occurred_on": "2018-12-01"}, InFuture),
            ({"occurred_on": "2007-07-16"}, AreaNotValidThen),
            ({"area": "61.03.01"}, AreaForbidden),
        ],
    )
    async def test_refuses(self, session: Session, change: Body, error: type[Exception]) -> None:
        with pytest.raises(error):
            await observe(session, connection(**change), "61.12")
        assert recorded_events(session) == []


class TestWithdrawObservation:
    async def test_takes_the_day_back_and_brings_the_one_before(self, session: Session) -> None:
        await observe(session, connection(state="offline", occurred_on="2018-11-05"))
        wrong = await observe(session, connection(state="online"))

        assert await withdraw(session, wrong.id)

        event = recorded_events(session)[-1]
        assert (event.id, event.state, event.taken_back) == (wrong.id, "online", True)
        assert await valid_state(session) == ("offline", day("2018-11-05"), day("2018-11-05"))

    async def test_the_only_one_leaves_nothing(self, session: Session) -> None:
        wrong = await observe(session, connection())
        await withdraw(session, wrong.id)

        assert await valid_state(session) == (None, None, None)
        assert await latest_valid(session, SUNGAI_RAYA) == (None, None)

    async def test_where_another_said_the_same_the_day_is_said_again_in_order(self, session: Session) -> None:
        """Who hears keeps one row for a day and a state: taking that back would take both."""
        kept = await observe(session, connection(state="online"))
        between = await observe(session, connection(state="offline"))
        wrong = await observe(session, connection(state="online", checked_by="somebody else"))

        await withdraw(session, wrong.id)

        again = recorded_events(session)[3:]
        assert [(event.id, event.taken_back) for event in again] == [(kept.id, False), (between.id, False)]
        assert (await valid_state(session))[0] == "offline"

    async def test_the_same_again_changes_nothing(self, session: Session) -> None:
        wrong = await observe(session, connection())
        await withdraw(session, wrong.id)

        assert not await withdraw(session, wrong.id)
        assert len(recorded_events(session)) == 2

    async def test_for_another_reason_is_refused(self, session: Session) -> None:
        wrong = await observe(session, connection())
        await withdraw(session, wrong.id)

        with pytest.raises(IllegalTransition):
            await withdraw(session, wrong.id, "no, the day was wrong")

    async def test_a_neighbours_is_not_found(self, session: Session) -> None:
        seen = await observe(session, connection())

        with pytest.raises(NotFound):
            await withdraw(session, seen.id, "mine", SECOND)


class TestRoutes:
    async def test_made_shown_and_taken_back(self, office: Office) -> None:
        body = connection()
        answer = await office.post("/v1/connections", body)
        assert answer.status_code == 201
        assert answer.headers["location"] == f"/v1/connections/{body['id']}"
        again = await office.post("/v1/connections", body)
        assert (again.status_code, again.headers["idempotency-replayed"]) == (200, "true")
        shown = (await office.get(f"/v1/connections/{body['id']}")).json()
        assert again.json() == answer.json() == shown | {"warnings": []}

        withdrawn = await office.post(f"/v1/connections/{body['id']}/withdrawal", {"reason": "not so"})
        assert (withdrawn.status_code, withdrawn.json()["withdrawal_reason"]) == (201, "not so")
        twice = await office.post(f"/v1/connections/{body['id']}/withdrawal", {"reason": "not so"})
        assert (twice.status_code, twice.headers["idempotency-replayed"]) == (200, "true")
        other = await office.post(f"/v1/connections/{body['id']}/withdrawal", {"reason": "another"})
        assert_refused(other, 409, "illegal_transition")
        assert (await office.get("/v1/connections")).json()["items"] == []

    async def test_the_list_is_of_the_callers_areas_in_pages(self, office: Office) -> None:
        for area in ("61.12.03", SUNGAI_RAYA, SECOND, "61.03.01"):
            await office.create("/v1/connections", connection(area=area))
        mine = office.of("61.12")

        first = await mine.get("/v1/connections", limit=2)
        assert [item["area"] for item in first.json()["items"]] == [SUNGAI_RAYA, SECOND]
        rest = await mine.get("/v1/connections", limit=2, cursor=first.json()["next"])
        assert [item["area"] for item in rest.json()["items"]] == ["61.12.03"]
        assert rest.json()["next"] is None
        assert [item["area"] for item in (await office.get("/v1/connections", area="61.03")).json()["items"]] == [
            "61.03.01"
        ]
        assert [item["area"] for item in (await office.of(SECOND).get("/v1/connections")).json()["items"]] == [SECOND]
        item = first.json()["items"][0]
        assert (item["state"], item["since_on"], item["checked_on"]) == ("online", "2018-11-30", "2018-11-30")

    async def test_bad_input(self, office: Office) -> None:
        for change, code, pointer in (
            ({"area": "61.12"}, "bad_area", "#/area"),
            ({"area": "6112010"}, "wrong_code_scheme", "#/area"),
            ({"state": "ONLINE"}, "unknown_value", "#/state"),
            ({"occurred_on": "2018-12-01"}, "in_future", "#/occurred_on"),
            ({"occurred_on": "2007-07-16"}, "area_not_valid_then", "#/area"),
        ):
            assert_refused(await office.post("/v1/connections", connection(**change)), 422, code, pointer)
        forbidden = await office.of(SECOND).post("/v1/connections", connection())
        assert_refused(forbidden, 403, "area_forbidden", "#/area")
        assert await office.published_events() == []

    async def test_tomorrow_in_utc_is_today_at_the_office(self, office: Office, frozen_clock: FrozenClock) -> None:
        frozen_clock.at = datetime(2018, 11, 30, 18, 0, tzinfo=UTC)
        await office.create("/v1/connections", connection(occurred_on="2018-12-01"))
