"""The four services in this process, on SQLite, and what must hold after every refusal."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from importlib import import_module
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import func, select

from shared.messaging.outbox import outbox
from shared.security.dev_issuer import DevIssuer
from shared.settings import settings_of
from tests.bad_input.described_routes import NIK, ROOMS


class Room:
    """One service, its client, and how to make a token for it."""

    def __init__(self, app: FastAPI, client: httpx.AsyncClient, issuer: DevIssuer) -> None:
        self.app, self.client, self.issuer = app, client, issuer
        self.name: str = app.state.service.name

    def token(self, *scopes: str, areas: tuple[str, ...] = ("*",), **claims: Any) -> str:
        return self.issuer.issue(scopes=scopes, areas=areas, audience=[f"rekap-{self.name}"], **claims)

    async def count_events(self) -> int:
        """How many events it has said so far."""
        async with self.app.state.database.read() as session:
            found: int = (
                await (await session.connection()).execute(select(func.count()).select_from(outbox))
            ).scalar_one()
        return found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def rooms(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, Room]]:
    folder = tmp_path_factory.mktemp("rooms")
    found: dict[str, Room] = {}
    async with AsyncExitStack() as stack:
        for name in ROOMS:
            settings = settings_of(name, data_folder=folder, sources=dict.fromkeys(ROOMS, "http://127.0.0.1:9"))
            app = import_module(f"services.{name}.main").service.create_app(settings)
            await stack.enter_async_context(app.router.lifespan_context(app))
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            client = await stack.enter_async_context(
                httpx.AsyncClient(transport=transport, base_url="http://testserver")
            )
            found[name] = Room(app, client, DevIssuer(folder, settings.issuer))
        yield found


CheckError = Callable[[httpx.Response, int, str], None]


@pytest.fixture
def check_error(caplog: pytest.LogCaptureFixture) -> CheckError:
    """Checks an answer: problem details with this status and code, the request id in the log, no canary anywhere."""
    caplog.set_level(logging.INFO)

    def check(answer: httpx.Response, status: int, code: str) -> None:
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        codes = [found["code"] for found in problem["errors"]]
        assert problem["code"] == codes[0]
        assert code in codes, codes
        assert problem["request_id"] == answer.headers["x-request-id"]
        for sent in ("kanari", NIK, NIK[6:12]):
            assert sent not in answer.text.lower()
            assert sent not in caplog.text.lower()

    return check
