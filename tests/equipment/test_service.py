"""Twins at the same moment, and a restart in between."""

import asyncio
from pathlib import Path

from tests.equipment.conftest import (
    Body,
    Office,
    assert_refused,
    connection,
    count,
    delivery,
    fault,
    incident,
    serving,
    slip_body,
    step,
    update,
)

CONCURRENT = 5


async def statuses(office: Office, path: str, bodies: list[Body]) -> list[int]:
    answers = await asyncio.gather(*(office.post(path, body) for body in bodies))
    return sorted(answer.status_code for answer in answers)


class TestConcurrentRequests:
    async def test_the_same_request_at_once_has_one_effect(self, office: Office) -> None:
        for path, body in (
            ("/v1/connections", connection()),
            ("/v1/connection-counts", count(3)),
            ("/v1/deliveries", delivery()),
            ("/v1/repairs", fault()),
            ("/v1/incidents", incident()),
        ):
            assert await statuses(office, path, [body] * CONCURRENT) == [200] * (CONCURRENT - 1) + [201], path
        assert len(await office.published_events()) == 5

    async def test_the_same_step_at_once_has_one_effect(self, office: Office) -> None:
        promised, broken, down = delivery(), fault(), incident()
        for path, body in (("deliveries", promised), ("repairs", broken), ("incidents", down)):
            await office.create(f"/v1/{path}", body)
        for path, body in (
            (f"/v1/deliveries/{promised['id']}/slips", slip_body("2018-11-20")),
            (f"/v1/repairs/{broken['id']}/steps", step("diagnosed")),
            (f"/v1/incidents/{down['id']}/updates", update(cause="wear")),
        ):
            assert await statuses(office, path, [body] * CONCURRENT) == [200] * (CONCURRENT - 1) + [201], path
        assert len(await office.published_events()) == 6

    async def test_one_of_several_tickets_opens(self, office: Office) -> None:
        assert await statuses(office, "/v1/repairs", [fault() for _ in range(CONCURRENT)]) == [201] + [409] * 4

    async def test_one_of_several_alerts_opens(self, office: Office) -> None:
        alerts = [incident(external_id="alert-7") for _ in range(CONCURRENT)]
        assert await statuses(office, "/v1/incidents", alerts) == [200] * 4 + [201]

    async def test_observations_of_one_place_get_an_order(self, office: Office) -> None:
        seen = [connection(state=state) for state in ("online", "offline", "degraded", "unknown", "online")]
        assert await statuses(office, "/v1/connections", seen) == [201] * CONCURRENT

        (item,) = (await office.get("/v1/connections")).json()["items"]
        assert item["state"] == (await office.published_events())[-1].state

    async def test_one_of_several_counts_of_a_day_stands(self, office: Office) -> None:
        counts = [count(number, reason="counted again") for number in range(CONCURRENT)]
        assert await statuses(office, "/v1/connection-counts", counts) == [201] * CONCURRENT

        (item,) = (await office.get("/v1/connection-counts")).json()["items"]
        assert item["value"] == (await office.published_events())[-1].lines[0].amount.value


class TestRestart:
    async def test_what_was_sent_is_known_afterwards(self, url: str, folder: Path) -> None:
        body, seen = fault(), connection()
        async with serving(url, folder) as office:
            made = await office.create("/v1/repairs", body)
            await office.create("/v1/connections", seen)
        async with serving(url, folder) as office:
            again = await office.post("/v1/repairs", body)
            assert (again.status_code, again.json()) == (200, made)
            assert (await office.post("/v1/connections", seen)).status_code == 200
            assert_refused(await office.post("/v1/repairs", fault()), 409, "already_open", "#/component")
            assert len(await office.published_events()) == 2
