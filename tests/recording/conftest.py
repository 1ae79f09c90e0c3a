"""The recording service in this process, on each database, with tokens and what blanks may tell it."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from services.recording.main import service
from shared.base import ids
from shared.db import Database
from shared.events.base import Event
from shared.messaging.inbox import EventOrigin, ReceivedEvent
from shared.messaging.outbox import outbox
from shared.security.dev_issuer import DevIssuer
from shared.settings import settings_of
from tests import factories
from tests.conftest import MakeUrl

SANGGAU, AREA = "61.03", "61.03.01"
DAY = date(2018, 11, 20)


def new_id() -> str:
    return str(ids.new_id())


class Room:
    """The service as a caller meets it."""

    def __init__(self, app: FastAPI, client: httpx.AsyncClient, issuer: DevIssuer) -> None:
        self.app, self.client, self.issuer = app, client, issuer
        self.seq = 0

    @property
    def database(self) -> Database:
        found: Database = self.app.state.database
        return found

    def bearer(self, *areas: str, scopes: Sequence[str] = ("recording:read", "recording:write")) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.issuer.issue(scopes=scopes, areas=areas or ('*',))}"}

    async def post(self, path: str, body: dict[str, Any], *areas: str, **options: Any) -> httpx.Response:
        return await self.client.post(path, json=body, headers=self.bearer(*areas, **options))

    async def get(self, path: str, *areas: str) -> httpx.Response:
        return await self.client.get(path, headers=self.bearer(*areas))

    async def create(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self.post(path, body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def create_recording(self, **changes: Any) -> dict[str, Any]:
        return await self.create("/v1/recordings", capture(**changes))

    async def step(self, id: str, state: str, *, on: date = DAY, **options: Any) -> httpx.Response:
        body = {"id": new_id(), "state": state, "occurred_on": str(on)}
        return await self.post(f"/v1/recordings/{id}/states", body, **options)

    async def recording_in_state(self, state: str, **changes: Any) -> dict[str, Any]:
        """A recording that went all the way to a state."""
        made = await self.create_recording(**changes)
        way = {"print_ready": ["queued", "sent", "print_ready"], "held": ["queued", "sent", "print_ready", "held"]}
        for each in way.get(state, ["queued", "sent", state]):
            answer = await self.step(made["id"], each)
            assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def post_lines(self, path: str, items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """NDJSON in, results out; the last one is the summary."""
        content = "\n".join(json.dumps(item) for item in items)
        headers = self.bearer() | {"Content-Type": "application/x-ndjson"}
        answer = await self.client.post(path, content=content, headers=headers)
        assert answer.status_code == 200, answer.text
        return [json.loads(line) for line in answer.text.splitlines()]

    async def csv(self, kind: str, raw: bytes) -> httpx.Response:
        headers = self.bearer() | {"Content-Type": "text/csv"}
        return await self.client.post(f"/v1/imports?kind={kind}", content=raw, headers=headers)

    async def published_events(self) -> list[tuple[str, dict[str, Any]]]:
        """Short types and data of the events said so far, in order."""
        async with self.database.read() as session:
            query = select(outbox.c.type, outbox.c.data).order_by(outbox.c.id)
            rows = await (await session.connection()).execute(query)
            return [(row.type.split(".", 2)[2].removesuffix(".v1"), json.loads(row.data)) for row in rows]

    async def consume(self, event: Event, *, seq: int | None = None) -> None:
        """As the consumer would hand it over."""
        self.seq = seq or self.seq + 1
        origin = EventOrigin("blanks", 3, self.seq, ids.new_id(), datetime(2018, 11, 30, 4, tzinfo=UTC))
        async with self.database.write() as session:
            await service.fold_events(session, [ReceivedEvent(origin, event)])


def capture(**changes: Any) -> dict[str, Any]:
    return factories.recording(SANGGAU, on=DAY, **changes)


def document(metric: str = "recorded", value: int = 100, **changes: Any) -> dict[str, Any]:
    body = {
        "id": new_id(), "district": SANGGAU, "metric": metric, "as_of": "2018-10-31", "source": "paper",
        "reason": "as stated", "lines": [{"area": f"{SANGGAU}.00", "amount": {"value": value}}],
    }  # fmt: skip
    return body | changes


@asynccontextmanager
async def open_room(url: str, folder: Path, **given: Any) -> AsyncIterator[Room]:
    """given: settings."""
    settings = settings_of(
        "recording", data_folder=folder, database_url=url, migrate_on_start=False,
        sources={"blanks": "http://127.0.0.1:9"}, **given,
    )  # fmt: skip
    app = service.create_app(settings)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://testserver") as client,
    ):
        yield Room(app, client, DevIssuer(folder, settings.issuer))


@pytest.fixture
async def room(make_url: MakeUrl, folder: Path, frozen_clock: object) -> AsyncIterator[Room]:
    async with open_room(await make_url(service), folder) as opened:
        yield opened
