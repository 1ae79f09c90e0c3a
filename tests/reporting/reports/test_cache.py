"""Kept reports: the same bytes while nothing is folded, and never those of before."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from services.reporting.main import service
from services.reporting.projection.apply import apply_batch
from shared.base.ids import new_id
from shared.db import insert_ignore
from shared.events.recording.recordings import CapturedItem, RecordingsCaptured
from shared.messaging import outbox
from shared.messaging.inbox import EventOrigin, ReceivedEvent, position
from shared.settings import settings_of
from tests.conftest import NOON, FrozenClock, MakeUrl

SANGGAU = "61.03"
PATH = f"/v1/reports/{SANGGAU}"


@pytest.fixture
async def app(make_url: MakeUrl, folder: Path, frozen_clock: FrozenClock) -> AsyncIterator[FastAPI]:
    app = service.create_app(
        settings_of(
            "reporting",
            data_folder=folder,
            database_url=await make_url(service),
            migrate_on_start=False,
            sources=dict.fromkeys(("recording", "blanks", "equipment"), "http://127.0.0.1:9"),
        )
    )
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as client:
        yield client


async def consume_event(app: FastAPI, seq: int) -> None:
    """One more recording, as the consumer folds it: with its position."""
    partition = outbox.partition_of(SANGGAU)
    item = CapturedItem(recording=new_id(), area=f"{SANGGAU}.01", captured_on=NOON.date())
    event = RecordingsCaptured(district=SANGGAU, items=(item,))
    stamp = EventOrigin("recording", partition, seq, new_id(), NOON)
    async with app.state.database.write() as session:
        await apply_batch(session, [ReceivedEvent(stamp, event)])
        # the service's own consumer may make the rows at any moment
        await insert_ignore(session, position, [{"source": "recording", "partition": partition, "last_seq": 0}])
        where = (position.c.source == "recording", position.c.partition == partition)
        await (await session.connection()).execute(position.update().where(*where).values(last_seq=seq))


class TestReportCache:
    async def test_are_the_same_while_nothing_is_folded(self, client: httpx.AsyncClient) -> None:
        first, again = await client.get(PATH), await client.get(PATH)
        assert (first.status_code, first.json()["figures"]) == (200, again.json()["figures"])
        assert {"area", "complete_until", "sources", "figures", "alerts"} <= set(first.json())

    async def test_are_worked_out_anew_once_something_was_folded(self, app: FastAPI, client: httpx.AsyncClient) -> None:
        counted = []
        for seq in (1, 2):
            await consume_event(app, seq)
            counted.append((await client.get(PATH)).json()["figures"]["recorded"]["at_least"])
        assert counted == [1, 2]

    async def test_are_worked_out_anew_on_another_day(
        self, client: httpx.AsyncClient, frozen_clock: FrozenClock
    ) -> None:
        first = (await client.get(PATH)).json()["periods"][0]["start"]
        frozen_clock.at = frozen_clock.at.replace(month=12)
        assert (first, (await client.get(PATH)).json()["periods"][0]["start"]) == ("2018-11-01", "2018-12-01")

    async def test_of_one_area_are_not_those_of_another(self, client: httpx.AsyncClient) -> None:
        areas = [
            (await client.get(f"/v1/reports/{area}")).json()["figures"]["recorded"]["explain"]
            for area in ("61.03", "61.09")
        ]
        assert areas == [f"/v1/reports/{area}/figures/recorded" for area in ("61.03", "61.09")]
