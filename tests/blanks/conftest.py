"""The blanks service in this process, on each database, with tokens and what recording may tell it."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from services.blanks.main import service
from shared.base import ids
from shared.db import Database
from shared.events.base import Event
from shared.messaging.inbox import EventOrigin, ReceivedEvent
from shared.messaging.outbox import outbox
from shared.security.dev_issuer import DevIssuer
from shared.settings import settings_of
from tests.conftest import MakeUrl

SANGGAU, STORE = "61.03", "61.03.00"
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

    def bearer(self, *areas: str) -> dict[str, str]:
        scopes = ("blanks:read", "blanks:write", "blanks:approve")
        return {"Authorization": f"Bearer {self.issuer.issue(scopes=scopes, areas=areas or ('*',))}"}

    async def post(self, path: str, body: dict[str, Any], *areas: str) -> httpx.Response:
        return await self.client.post(path, json=body, headers=self.bearer(*areas))

    async def get(self, path: str, *areas: str) -> Any:
        answer = await self.client.get(path, headers=self.bearer(*areas))
        return answer.json()

    async def create(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self.post(path, body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def set_opening(self, value: int, *, area: str = STORE, as_of: str = "2018-10-31", **amount: Any) -> None:
        await self.create("/v1/stock-openings", opening(area=area, as_of=as_of, value=value, **amount))

    async def stock(self, place: str = f"store:{STORE}", item: str = "blank") -> dict[str, Any]:
        rows = (await self.get("/v1/stocks"))["items"]
        found: dict[str, Any] = next(row for row in rows if (row["place"], row["item"]) == (place, item))
        return found

    async def published_events(self) -> list[tuple[str, str]]:
        """Types and data of the events said so far, in order."""
        async with self.database.read() as session:
            rows = await (await session.connection()).execute(
                select(outbox.c.type, outbox.c.data).order_by(outbox.c.id)
            )
            return [(row.type, row.data) for row in rows]

    async def consume(self, event: Event, *, seq: int | None = None) -> None:
        """As the consumer would hand it over."""
        self.seq = seq or self.seq + 1
        origin = EventOrigin("recording", 3, self.seq, ids.new_id(), datetime(2018, 11, 30, 4, tzinfo=UTC))
        async with self.database.write() as session:
            await service.fold_events(session, [ReceivedEvent(origin, event)])


def opening(**changes: Any) -> dict[str, Any]:
    area, value = changes.pop("area", STORE), changes.pop("value", 1000)
    amount = {"value": value} | {name: changes.pop(name) for name in ("low", "high", "qualifier") if name in changes}
    body = {
        "id": new_id(), "district": area[:5], "as_of": "2018-10-31", "source": "stock card", "reason": "as counted",
        "lines": [{"area": area, "amount": amount}],
    }  # fmt: skip
    return body | changes


def posting(quantity: int = 5, **changes: Any) -> dict[str, Any]:
    out, into = changes.pop("out", f"store:{STORE}"), changes.pop("into", "spoiled:61.03")
    item = changes.pop("item", "blank")
    legs = [
        {"place": out, "item": item, "direction": "out", "quantity": quantity},
        {"place": into, "item": item, "direction": "in", "quantity": quantity},
    ]
    return {"id": new_id(), "occurred_on": str(DAY), "reason": "spoiled", "legs": legs} | changes


def requisition(**changes: Any) -> dict[str, Any]:
    body = {"id": new_id(), "district": SANGGAU, "supplier": "61", "asked": 2000, "submitted_on": str(DAY)}
    return body | changes


def shipment(accepted: int = 500, **changes: Any) -> dict[str, Any]:
    return {"id": new_id(), "store": STORE, "occurred_on": str(DAY), "accepted": accepted} | changes


def run(*recordings: UUID, cards: int = 0, **changes: Any) -> dict[str, Any]:
    lines: list[dict[str, Any]] = [{"recording": str(recording)} for recording in recordings]
    lines += [{"area": STORE, "cards": cards, "reason": "first_card"}] if cards else []
    return {"id": new_id(), "store": STORE, "occurred_on": str(DAY), "lines": lines} | changes


@pytest.fixture
async def room(make_url: MakeUrl, folder: Path, frozen_clock: object) -> AsyncIterator[Room]:
    settings = settings_of(
        "blanks", data_folder=folder, database_url=await make_url(service), migrate_on_start=False,
        sources={"recording": "http://127.0.0.1:9"},
    )  # fmt: skip
    app = service.create_app(settings)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://testserver") as client,
    ):
        yield Room(app, client, DevIssuer(folder, settings.issuer))
