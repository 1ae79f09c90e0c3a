"""The room on both databases, its app over in-process HTTP, callers, bodies of requests, and what it said."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec
import pytest
from pydantic import BaseModel

from services.equipment.main import service as equipment
from shared.db import Database, Session
from shared.events import EVENTS
from shared.http.reader import parse_model
from shared.messaging.outbox import outbox
from shared.security.caller import Caller
from shared.security.dev_issuer import DevIssuer
from shared.service import Service
from shared.settings import settings_of
from tests import factories
from tests.conftest import FrozenClock, MakeUrl

Body = dict[str, Any]
Model = TypeVar("Model", bound=BaseModel)
SCOPES = ("equipment:read", "equipment:write")
SUNGAI_RAYA, SECOND = "61.12.01", "61.12.02"  # of Kubu Raya
TODAY, YESTERDAY = "2018-11-30", "2018-11-29"  # of the frozen clock


@pytest.fixture
def service() -> Service:
    return equipment


@pytest.fixture(autouse=True)
def _frozen(frozen_clock: FrozenClock) -> None:
    """Everything here happens on TODAY."""


@pytest.fixture
async def session(database: Database) -> AsyncIterator[Session]:
    async with database.write() as opened:
        yield opened


def caller(*areas: str, client: str = "office") -> Caller:
    return Caller(subject="officer", client=client, scopes=frozenset(SCOPES), areas=areas or ("*",))


def parse_body(model: type[Model], body: Body) -> Model:
    """As the route would read it."""
    return parse_model(json.dumps(body).encode(), model)


def fingerprint(body: Body) -> str:
    return json.dumps(body, sort_keys=True)


def recorded_events(session: Session) -> list[Any]:  # Any: events of different classes
    """What this transaction says, in order."""
    rows = session.info.get("outbox", [])
    return [msgspec.json.decode(row["data"], type=EVENTS[row["type"]]) for row in rows]


class Office:
    """Speaks to the room over HTTP, with a token for some areas."""

    def __init__(self, client: httpx.AsyncClient, database: Database, token: Callable[..., str]) -> None:
        self.client, self.database, self.token = client, database, token
        self.areas: tuple[str, ...] = ("*",)
        self.name = "office"

    def of(self, *areas: str, name: str = "office") -> "Office":
        other = Office(self.client, self.database, self.token)
        other.areas, other.name = areas, name
        return other

    async def post(self, path: str, body: Body) -> httpx.Response:
        return await self.client.post(path, json=body, headers=self.headers())

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.client.get(path, params=query, headers=self.headers())

    async def create(self, path: str, body: Body) -> Body:
        answer = await self.post(path, body)
        assert answer.status_code == 201, answer.text
        found: Body = answer.json()
        return found

    async def published_events(self) -> list[Any]:  # Any: events of different classes
        """Every event so far, in order."""
        async with self.database.read() as session:
            query = outbox.select().order_by(outbox.c.id)
            rows = (await (await session.connection()).execute(query)).all()
        return [msgspec.json.decode(row.data, type=EVENTS[row.type]) for row in rows]

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(scopes=SCOPES, areas=self.areas, client=self.name)}"}


@asynccontextmanager
async def serving(url: str, folder: Path) -> AsyncIterator[Office]:
    settings = settings_of("equipment", data_folder=folder, database_url=url, migrate_on_start=False)
    app = equipment.create_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            issuer = DevIssuer(folder, settings.issuer)
            yield Office(client, app.state.database, issuer.issue)


@pytest.fixture
async def url(make_url: MakeUrl) -> str:
    return await make_url(equipment)


@pytest.fixture
async def office(url: str, folder: Path) -> AsyncIterator[Office]:
    async with serving(url, folder) as opened:
        yield opened


def assert_refused(answer: httpx.Response, status: int, code: str, pointer: str | None = None) -> None:
    """Problem details with this status and code, at this place."""
    assert answer.status_code == status, answer.text
    problem = answer.json()
    assert problem["code"] == code, problem
    assert problem["errors"][0].get("pointer") == pointer, problem


def day(text: str) -> date:
    return date.fromisoformat(text)


def connection(**fields: Any) -> Body:
    body = {"id": str(factories.new_id()), "area": SUNGAI_RAYA, "state": "online", "occurred_on": TODAY}
    return body | {"checked_by": "head of the office"} | fields


def count(value: int | None, **fields: Any) -> Body:
    lines = [] if value is None else [{"area": "61.12.00", "amount": {"value": value, "low": value, "high": value}}]
    body = {"id": str(factories.new_id()), "district": "61.12", "metric": "subdistricts_online", "lines": lines}
    return body | {"as_of": YESTERDAY, "source": "kubu-raya-01"} | fields


def delivery(**fields: Any) -> Body:
    body = {"id": str(factories.new_id()), "area": "61.12", "what": "kits", "by": "consortium"}
    return body | {"occurred_on": "2018-11-01", "due_on": "2018-11-10"} | fields


def slip_body(due_on: str, **fields: Any) -> Body:
    body = {"id": str(factories.new_id()), "due_on": due_on, "occurred_on": "2018-11-10", "reason": "ship is late"}
    return body | fields


def fault(**fields: Any) -> Body:
    body = {"id": str(factories.new_id()), "area": SUNGAI_RAYA, "kit": "A", "component": "iris_scanner"}
    return body | {"cause": "wear", "owner": "central", "occurred_on": "2018-11-01"} | fields


def step(state: str, occurred_on: str = "2018-11-02", **fields: Any) -> Body:
    return {"id": str(factories.new_id()), "state": state, "occurred_on": occurred_on} | fields


def incident(**fields: Any) -> Body:
    body = {"id": str(factories.new_id()), "area": "52.02", "layer": "national_link", "occurred_on": "2018-11-16"}
    return body | {"cause": "unknown", "services": ["recording", "printing"]} | fields


def update(occurred_on: str = "2018-11-20", **fields: Any) -> Body:
    return {"id": str(factories.new_id()), "occurred_on": occurred_on} | fields
