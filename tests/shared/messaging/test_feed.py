"""The feed over HTTP, on each database: what a token shows of an outbox."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from fastapi import FastAPI

from services.equipment.main import service
from shared.base import clock
from shared.base.ids import new_id
from shared.db import Database, Session
from shared.events.equipment.connectivity import ConnectivityChanged
from shared.messaging import outbox
from shared.messaging.feed_routes import LEAVING_SECONDS
from shared.messaging.sequencing import assign_sequence
from shared.security.caller import Caller
from shared.security.dev_issuer import DevIssuer
from shared.settings import settings_of
from tests.conftest import MakeUrl

HOMES = ("00", "61", "61.00", "61.03", "61.04", "52.02")
AREAS = (("*",), ("00",), ("61",), ("61.03",), ("61.0",), ("61.04", "52"), ())


class Source:
    """A publisher's app as a reader of its feed meets it."""

    def __init__(self, app: FastAPI, client: httpx.AsyncClient, issuer: DevIssuer) -> None:
        self.app, self.client, self.issuer = app, client, issuer

    @property
    def database(self) -> Database:
        found: Database = self.app.state.database
        return found

    async def say(self, *districts: str) -> None:
        async with self.database.write() as session:
            for district in districts:
                event = ConnectivityChanged(
                    id=new_id(), district=district, area=district, occurred_on=date(2018, 11, 20), state="online"
                )
                outbox.add_event(session, event, subject=event.id)
        await assign_sequence(self.database, clock.now)

    async def get(self, path: str = "/v1/events", areas: tuple[str, ...] = ("*",), **query: object) -> httpx.Response:
        token = self.issuer.issue(scopes=["events:read"], areas=areas, audience=["rekap-equipment"])
        asked = {name: str(value) for name, value in query.items()}
        return await self.client.get(path, params=asked, headers={"Authorization": f"Bearer {token}"})

    async def districts(self, areas: tuple[str, ...], **query: str) -> list[str]:
        answer = await self.get("/v1/events", areas, limit=1000, **query)
        assert answer.status_code == 200, answer.text
        return sorted(each["data"]["district"] for each in msgspec.json.decode(answer.content))


@pytest.fixture
async def source(make_url: MakeUrl, folder: Path) -> AsyncIterator[Source]:
    url = await make_url(service)
    settings = settings_of("equipment", data_folder=folder, database_url=url, migrate_on_start=False)
    app = service.create_app(settings)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://testserver") as client,
    ):
        yield Source(app, client, DevIssuer(folder, settings.issuer))


class TestAreas:
    async def test_a_token_reads_what_it_covers_and_no_more(self, source: Source) -> None:
        """`00` is the nation's own store, here as everywhere."""
        await source.say(*HOMES)
        for areas in AREAS:
            caller = Caller("someone", "kit", frozenset(), areas)
            covered = sorted(home for home in HOMES if caller.covers(home))
            assert await source.districts(areas) == covered, areas
        assert await source.districts(("00",)) == ["00"]

    @pytest.mark.parametrize("area", ["00", "61", "61.03"])
    async def test_a_filter_opens_nothing(self, source: Source, area: str) -> None:
        """As a filter `00` is the whole nation; a token for `00` may name it and still sees its own store alone."""
        await source.say(*HOMES)
        inside = sorted(home for home in HOMES if area in ("00", home) or home.startswith(f"{area}."))
        assert await source.districts(("*",), area=area) == inside
        assert await source.districts((area,), area=area) == [home for home in inside if area != "00" or home == "00"]


class TestLeaving:
    """What `Server.leave` begins: a balancer sends nobody here any more, and nobody is kept waiting."""

    async def test_ends_a_long_poll_at_once(self, source: Source) -> None:
        polls = [asyncio.create_task(source.get(wait=25)) for _ in range(3)]
        await asyncio.sleep(0.3)
        assert not any(poll.done() for poll in polls)
        source.app.state.stopping.set()
        async with asyncio.timeout(2):
            answers = await asyncio.gather(*polls)
        assert [(answer.status_code, answer.content) for answer in answers] == [(200, b"[]")] * 3

    async def test_makes_later_polls_short_and_no_busy_loop(self, source: Source) -> None:
        source.app.state.stopping.set()
        began = asyncio.get_running_loop().time()
        assert (await source.get(wait=25)).content == b"[]"
        assert LEAVING_SECONDS <= asyncio.get_running_loop().time() - began < 2

    async def test_still_hands_out_what_there_is(self, source: Source) -> None:
        source.app.state.stopping.set()
        await source.say("61.03")
        assert await source.districts(("*",), wait="25") == ["61.03"]

    async def test_is_not_ready_while_alive(self, source: Source) -> None:
        assert (await source.client.get("/readyz")).status_code == 200
        source.app.state.stopping.set()
        answer = await source.client.get("/readyz")
        assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
        assert (await source.client.get("/livez")).status_code == 200


class TestWaiting:
    """A long poll is woken by what is said, and costs next to nothing while nothing is."""

    async def test_ends_with_the_first_news(self, source: Source) -> None:
        polls = [asyncio.create_task(source.get(wait=25)) for _ in range(3)]
        await asyncio.sleep(0.3)
        await source.say("61.03")
        async with asyncio.timeout(2):
            answers = await asyncio.gather(*polls)
        assert [len(msgspec.json.decode(answer.content)) for answer in answers] == [1] * 3

    async def test_many_readers_ask_the_database_no_more_than_one(self, source: Source) -> None:
        asked = 0
        counting, driver = source.database.read, source.database.raw_connection

        @asynccontextmanager
        async def reading() -> AsyncIterator[Session]:
            nonlocal asked
            asked += 1
            async with counting() as session:
                yield session

        @asynccontextmanager
        async def driving(**options: bool) -> AsyncIterator[Any]:  # Any: the driver's
            nonlocal asked
            asked += 1
            async with driver(**options) as found:
                yield found

        polls = [asyncio.create_task(source.get(wait=25)) for _ in range(10)]
        await asyncio.sleep(0.5)
        with pytest.MonkeyPatch.context() as here:
            here.setattr(source.database, "read", reading)
            here.setattr(source.database, "raw_connection", driving)
            await asyncio.sleep(1)
        assert asked < 60  # one look each 20 ms, and what the publisher asks; ten readers took 500
        await source.say("61.03")
        assert [len(msgspec.json.decode((await poll).content)) for poll in polls] == [1] * 10
