"""The example service behind its middleware: in this process, on each database, with an issuer of its own."""

import io
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from shared.base.ids import new_id
from shared.base.logging import configure
from shared.security.dev_issuer import DevIssuer
from shared.settings import ServiceSettings, settings_of
from tests.backends import database_templates
from tests.conftest import MakeUrl
from tests.shared.http.example_service import service

ORIGIN = "https://portal.example"


class ExampleClient:
    """The service, its client, and how to make requests of it."""

    def __init__(self, app: FastAPI, client: httpx.AsyncClient, issuer: DevIssuer) -> None:
        self.app, self.client, self.issuer = app, client, issuer

    def bearer(self, *areas: str, scopes: tuple[str, ...] = ("workshop:read", "workshop:write")) -> dict[str, str]:
        token = self.issuer.issue(scopes=scopes, areas=areas or ("*",), audience=["rekap-workshop", "rekap-other"])
        return {"Authorization": f"Bearer {token}"}

    async def post(
        self, path: str, content: Any = b"", *, areas: tuple[str, ...] = ("*",), media: str = "application/json"
    ) -> httpx.Response:  # Any: bytes, a document, or an iterator of bytes
        body = {"json": content} if isinstance(content, dict) else {"content": content}
        headers = self.bearer(*areas) | {"Content-Type": media}
        return await self.client.post(path, headers=headers, **body)

    async def get(self, path: str, *, areas: tuple[str, ...] = ("*",), **options: Any) -> httpx.Response:
        return await self.client.get(path, headers=self.bearer(*areas) | options.pop("headers", {}), **options)


def settings_for(folder: Path, url: str, **given: Any) -> ServiceSettings:
    return settings_of(
        "workshop", data_folder=folder, database_url=url, migrate_on_start=False, cors_origins=[ORIGIN], **given
    )


async def open_example(settings: ServiceSettings) -> AsyncIterator[ExampleClient]:
    app = service.create_app(settings)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://testserver") as client,
    ):
        yield ExampleClient(app, client, DevIssuer(settings.data_folder, settings.issuer))


@pytest.fixture
async def example(folder: Path) -> AsyncIterator[ExampleClient]:
    """On SQLite: for manners that no database changes."""
    async for each in open_example(settings_for(folder, await database_templates.sqlite_copy(service, folder))):
        yield each


@pytest.fixture
async def examples(make_url: MakeUrl, folder: Path) -> AsyncIterator[ExampleClient]:
    """On SQLite and on PostgreSQL."""
    async for each in open_example(settings_for(folder, await make_url(service))):
        yield each


MakeTools = Callable[..., Awaitable[list[str]]]


@pytest.fixture
def tools() -> MakeTools:
    """Makes so many tools. -> their ids, in order of making."""

    async def make(example: ExampleClient, number: int, district: str = "61.03") -> list[str]:
        found = [str(new_id()) for _ in range(number)]
        for id in found:
            body = {"id": id, "district": district, "name": f"Palu {id}"[:40], "pieces": 1}
            assert (await example.post("/v1/tools", body)).status_code == 201
        return found

    return make


class CapturedLogs(io.StringIO):
    """All that was logged, as the product writes it."""

    def lines(self, part: str) -> list[str]:
        return [line for line in self.getvalue().splitlines() if part in line]


@pytest.fixture(autouse=True)
def logs() -> Iterator[CapturedLogs]:
    root = logging.getLogger()
    before = [each for each in root.handlers if type(each) is logging.StreamHandler]  # pytest's own come and go
    configure("INFO")
    [handler] = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    with CapturedLogs() as written:
        handler.setStream(written)
        yield written
        root.removeHandler(handler)
        for each in before:
            root.addHandler(each)


CheckError = Callable[[httpx.Response, int, str], dict[str, Any]]


@pytest.fixture
def check_error(logs: CapturedLogs) -> CheckError:
    """Checks an answer: problem details with this status and code, and no canary in it or in the log. -> the body."""

    def check(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        problem: dict[str, Any] = answer.json()
        assert problem["code"] == code == problem["errors"][0]["code"]
        assert problem["status"] == status
        assert problem["type"] == f"/problems/{code}"
        assert problem["request_id"] == answer.headers["x-request-id"]
        assert problem["request_id"] in logs.getvalue()
        assert "kanari" not in (answer.text + logs.getvalue()).lower()
        return problem

    return check
