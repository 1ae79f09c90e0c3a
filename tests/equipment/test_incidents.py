"""Incidents: every step from every state, what is put down to them, alerts that come again."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.equipment.incidents.models import INCIDENT_STEPS, Incident, IncidentState, IncidentUpdate
from services.equipment.rules import NothingNew
from shared.base import clock
from shared.base.errors import BadRange, IllegalTransition, InFuture
from shared.events.base import Event, Range
from tests import factories
from tests.equipment.conftest import Body, Office, assert_refused, incident, update

OPENED = date(2018, 11, 16)
CLOSING = {"occurred_on": "2018-11-26", "unprinted_put_down": {"value": 7000, "qualifier": "about"}}


def open_incident() -> Incident:
    return Incident(
        id=factories.new_id(), district="52.02", area="52.02", layer="national_link", cause="unknown", client="office",
        services=["recording"], opened_on=OPENED, updates=[], fingerprint="", created_at=clock.now(), created_by="",
    )  # fmt: skip


def incident_update(on: date = OPENED, **said: Any) -> IncidentUpdate:
    return IncidentUpdate(
        id=factories.new_id(), incident_id=UUID(int=0), area="52.02", occurred_on=on, said=said, fingerprint="",
        created_at=clock.now(), created_by="",
    )  # fmt: skip


def take_step(row: Incident, state: IncidentState) -> Event | None:
    if state is IncidentState.UPDATED:
        return row.update(incident_update(cause="maintenance"))
    return row.close(OPENED, {}, request="c")


class TestStates:
    @pytest.mark.parametrize("state", IncidentState)
    @pytest.mark.parametrize("step", [IncidentState.UPDATED, IncidentState.CLOSED])
    def test_every_step_from_every_state(self, state: IncidentState, step: IncidentState) -> None:
        row = open_incident()
        if state is not IncidentState.OPENED:
            take_step(row, state)
        if step in INCIDENT_STEPS[state]:
            assert take_step(row, step) is not None
            assert row.state == step
        elif step == state:
            assert take_step(row, step) is None  # the same said again
        else:
            with pytest.raises(IllegalTransition):
                take_step(row, step)

    def test_there_is_no_way_back_to_opened(self) -> None:
        assert all(IncidentState.OPENED not in steps for steps in INCIDENT_STEPS.values())


class TestIncident:
    def test_an_update_tells_all_that_is_known(self) -> None:
        """Who hears keeps the last update of a day, and must lose nothing of the first."""
        row = open_incident()
        row.update(incident_update(cause="administrative_block"))
        event = row.update(incident_update(recordings_put_down={"value": 5, "low": 5, "high": 5}))

        assert (event.cause, event.layer, event.services) == ("administrative_block", "national_link", ("recording",))
        assert event.recordings_put_down == Range(value=5, low=5, high=5)
        assert row.updates[1].said.keys() == {"recordings_put_down"}

    def test_an_update_says_something(self) -> None:
        with pytest.raises(NothingNew):
            open_incident().update(incident_update())

    def test_lasts_until_it_is_closed(self) -> None:
        row = open_incident()
        assert row.lasted_days == 14
        row.close(date(2018, 11, 26), {}, request="c")
        assert row.lasted_days == 10

    @pytest.mark.parametrize(("on", "error"), [(date(2018, 11, 15), BadRange), (date(2018, 12, 1), InFuture)])
    def test_refuses_a_day(self, on: date, error: type[Exception]) -> None:
        with pytest.raises(error):
            open_incident().update(incident_update(on, cause="maintenance"))
        with pytest.raises(error):
            open_incident().close(on, {}, request="c")

    def test_nothing_is_dated_before_the_last_step(self) -> None:
        row = open_incident()
        row.update(incident_update(date(2018, 11, 20), cause="maintenance"))
        with pytest.raises(BadRange):
            row.close(date(2018, 11, 19), {}, request="c")


class TestRoutes:
    async def test_the_ten_days_of_lombok_tengah(self, office: Office) -> None:
        body = incident()
        made = await office.create("/v1/incidents", body)
        assert (made["state"], made["lasted_days"], made["unprinted_put_down"]) == ("opened", 14, None)
        path = f"/v1/incidents/{body['id']}"
        more = update(cause="administrative_block", note="the head of office was changed")
        updated = await office.create(f"{path}/updates", more)
        assert (updated["state"], updated["cause"], updated["layer"]) == (
            "updated", "administrative_block", "national_link",
        )  # fmt: skip
        answer = await office.post(f"{path}/closing", CLOSING)
        closed = answer.json()
        assert (answer.status_code, closed["state"], closed["lasted_days"]) == (201, "closed", 10)
        assert closed["unprinted_put_down"] == {"value": 7000, "low": 6650, "high": 7350}

        for again, sent in (("/v1/incidents", body), (f"{path}/updates", more), (f"{path}/closing", CLOSING)):
            replay = await office.post(again, sent)
            assert (replay.status_code, replay.headers["idempotency-replayed"]) == (200, "true"), again
            assert replay.json() == closed
        events = await office.published_events()
        assert [event.type.split(".")[-2] for event in events] == ["opened", "updated", "closed"]
        assert events[0].services == ("printing", "recording")
        assert events[2].unprinted_put_down == Range(value=7000, low=6650, high=7350)
        assert events[2].recordings_put_down is None

    async def test_closed_is_closed(self, office: Office) -> None:
        body = incident()
        await office.create("/v1/incidents", body)
        path = f"/v1/incidents/{body['id']}"
        await office.post(f"{path}/closing", CLOSING)

        other = CLOSING | {"occurred_on": "2018-11-27"}
        assert_refused(await office.post(f"{path}/closing", other), 409, "illegal_transition")
        assert_refused(
            await office.post(f"{path}/updates", update("2018-11-27", cause="wear")), 409, "illegal_transition"
        )

    @pytest.mark.parametrize(
        ("told", "low", "high"),
        [
            ({"value": 1000, "qualifier": "more_than"}, 1000, 1999),
            ({"value": 0, "qualifier": "about"}, 0, 0),
            ({"value": 12}, 12, 12),
            ({"value": 12, "low": 10}, 10, 12),
            ({"value": 500_000_000, "qualifier": "about"}, 475_000_000, 525_000_000),
            ({"value": 500_000_000, "qualifier": "more_than"}, 500_000_000, 599_999_999),
        ],
    )
    async def test_what_is_put_down(self, office: Office, told: Body, low: int, high: int) -> None:
        body = incident()
        await office.create("/v1/incidents", body)
        closing = {"occurred_on": "2018-11-26", "recordings_put_down": told}
        await office.post(f"/v1/incidents/{body['id']}/closing", closing)

        assert (await office.published_events())[-1].recordings_put_down == Range(
            value=told["value"], low=low, high=high
        )

    async def test_lists(self, office: Office) -> None:
        over, running = incident(), incident(occurred_on="2018-11-20")
        for body in (running, over):
            await office.create("/v1/incidents", body)
        await office.post(f"/v1/incidents/{over['id']}/closing", CLOSING)

        async def listed(**query: str) -> list[str]:
            return [item["id"] for item in (await office.get("/v1/incidents", **query)).json()["items"]]

        assert await listed() == [over["id"], running["id"]]
        assert await listed(open="true", area="52") == [running["id"]]
        assert await listed(open="false", area="00") == [over["id"]]
        assert await listed(area="61") == []

    async def test_bad_input(self, office: Office) -> None:
        for change, status, code, pointer in (
            ({"layer": "cloud"}, 422, "unknown_value", "#/layer"),
            ({"cause": "magic"}, 422, "unknown_value", "#/cause"),
            ({"area": "52"}, 422, "bad_area", "#/area"),
            ({"services": ["x"] * 21}, 413, "too_many_items", "#/services"),
            ({"services": ["\u202e"]}, 422, "bad_character", "#/services/0"),
            ({"occurred_on": "2018-12-01"}, 422, "in_future", "#/occurred_on"),
        ):
            assert_refused(await office.post("/v1/incidents", incident() | change), status, code, pointer)
        assert await office.published_events() == []
        body = incident()
        await office.create("/v1/incidents", body)
        path = f"/v1/incidents/{body['id']}"
        for sent, code, pointer in (
            (update(), "missing_field", "#"),
            (update(unprinted_put_down={"value": -1}), "out_of_range", "#/unprinted_put_down/value"),
            (update(unprinted_put_down={"value": 1, "qualifier": "claimed"}), "unknown_value",
             "#/unprinted_put_down/qualifier"),
            (update(unprinted_put_down={"value": 1, "qualifier": "about", "high": 2}), "bad_range",
             "#/unprinted_put_down"),
        ):  # fmt: skip
            assert_refused(await office.post(f"{path}/updates", sent), 422, code, pointer)
        assert len(await office.published_events()) == 1


class TestAlerts:
    """A monitoring system posts the same alert again freely, by its own id."""

    async def test_again_under_another_id_is_the_same_incident(self, office: Office) -> None:
        first = await office.create("/v1/incidents", incident(external_id="alert-7"))

        again = await office.post("/v1/incidents", incident(external_id="alert-7"))
        assert (again.status_code, again.headers["idempotency-replayed"], again.json()) == (200, "true", first)
        assert again.headers["location"] == f"/v1/incidents/{first['id']}"
        assert len(await office.published_events()) == 1

    async def test_with_something_new_it_is_an_update(self, office: Office) -> None:
        body = incident(external_id="alert-7")
        await office.create("/v1/incidents", body)
        changed = body | {"cause": "provider_outage", "occurred_on": "2018-11-20"}

        answer = await office.post("/v1/incidents", changed)
        assert (answer.status_code, answer.json()["cause"]) == (200, "provider_outage")
        assert "idempotency-replayed" not in answer.headers
        assert answer.json()["updates"][0]["said"] == {"cause": "provider_outage"}
        assert (await office.post("/v1/incidents", changed)).headers["idempotency-replayed"] == "true"
        events = await office.published_events()
        assert [event.occurred_on for event in events] == [OPENED, date(2018, 11, 20)]

    async def test_what_it_leaves_unsaid_is_no_news(self, office: Office) -> None:
        body = incident(external_id="alert-7", note="line cut")
        await office.create("/v1/incidents", body)

        answer = await office.post("/v1/incidents", body | {"services": None, "note": None})
        assert answer.headers["idempotency-replayed"] == "true"

    async def test_another_client_area_or_alert_is_another_incident(self, office: Office) -> None:
        await office.create("/v1/incidents", incident(external_id="alert-7"))

        await office.create("/v1/incidents", incident(external_id="alert-8"))
        await office.create("/v1/incidents", incident(external_id="alert-7", area="52.02.01"))
        await office.of("*", name="other monitoring").create("/v1/incidents", incident(external_id="alert-7"))

    @pytest.mark.parametrize("other", [{}, {"external_id": "alert-8"}, {"external_id": "alert-7", "area": "52.02.01"}])
    async def test_under_the_id_of_another_incident_it_is_refused(self, office: Office, other: Body) -> None:
        await office.create("/v1/incidents", incident(external_id="alert-7"))
        another = incident(**other)
        await office.create("/v1/incidents", another)

        news = incident(id=another["id"], external_id="alert-7", cause="maintenance")
        assert_refused(await office.post("/v1/incidents", news), 409, "exists_with_different", "#/id")
        assert len(await office.published_events()) == 2

    async def test_what_opened_an_earlier_one_replays_that_one(self, office: Office) -> None:
        first, later = incident(external_id="alert-7"), incident(external_id="alert-7", occurred_on="2018-11-28")
        await office.create("/v1/incidents", first)
        await office.create(f"/v1/incidents/{first['id']}/closing", CLOSING)
        await office.create("/v1/incidents", later)

        again = await office.post("/v1/incidents", first)
        assert (again.status_code, again.json()["id"]) == (200, first["id"])
        assert_refused(await office.post("/v1/incidents", first | {"note": "x"}), 409, "exists_with_different", "#/id")

    async def test_what_is_closed_stays_closed_and_a_later_one_is_new(self, office: Office) -> None:
        body = incident(external_id="alert-7")
        await office.create("/v1/incidents", body)
        await office.post(f"/v1/incidents/{body['id']}/closing", CLOSING)

        late = await office.post("/v1/incidents", incident(external_id="alert-7", cause="maintenance"))
        assert (late.status_code, late.json()["id"], late.json()["state"]) == (200, body["id"], "closed")
        later = incident(external_id="alert-7", occurred_on="2018-11-28")
        await office.create("/v1/incidents", later)
        again = await office.post("/v1/incidents", later)
        assert (again.status_code, again.json()["id"]) == (200, later["id"])
