"""Schema: real answers of every report route are what the published description says, with no field more or less."""

import random
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator, ValidationError

from services.reporting.main import service
from services.reporting.reports.series import SERIES_FIGURES, has_series
from services.reporting.subjects.figures import figures_of
from shared.settings import settings_of
from tests.conftest import FrozenClock, MakeUrl
from tests.oracle.random_world import World
from tests.reporting.projection.world_events import fold_world

AREAS = ("00", "61", "61.03", "61.03.02", "61.03.00")
ROUTES = {
    "/v1/reports/{area}",
    "/v1/reports/{area}/figures/{figure}",
    "/v1/reports/{area}/parts",
    "/v1/reports/{area}/series",
}


@pytest.fixture
async def client(make_url: MakeUrl, folder: Path, frozen_clock: FrozenClock) -> AsyncIterator[httpx.AsyncClient]:
    app = service.create_app(
        settings_of(
            "reporting",
            data_folder=folder,
            database_url=await make_url(service),
            migrate_on_start=False,
            sources=dict.fromkeys(("recording", "blanks", "equipment"), "http://127.0.0.1:9"),
        )
    )
    world = World(3, steps=300)
    frozen_clock.at = datetime.combine(world.today("91.71"), datetime.min.time(), UTC)
    async with app.router.lifespan_context(app):
        await fold_world(app.state.database, world, random.Random(3))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as client:
            yield client


def addresses(area: str) -> Iterator[tuple[str, str]]:
    """A route, and an address that it answers."""
    report = f"/v1/reports/{area}"
    yield "/v1/reports/{area}", report
    yield "/v1/reports/{area}/parts", f"{report}/parts"
    for each in figures_of(area):
        yield "/v1/reports/{area}/figures/{figure}", f"{report}/figures/{each.name}"
    if has_series(area):
        for name in SERIES_FIGURES[:3]:
            yield "/v1/reports/{area}/series", f"{report}/series?figure={name}"


def schema_of(described: dict[str, Any], route: str) -> dict[str, Any]:  # Any: JSON
    answer = described["paths"][route]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    return {**answer, "components": described["components"]}


class TestPublishedSchema:
    async def test_holds_for_real_answers_of_every_route(self, client: httpx.AsyncClient) -> None:
        described = (await client.get("/openapi.json")).json()
        validators = {route: Draft202012Validator(schema_of(described, route)) for route in ROUTES}
        seen = set()
        for area in AREAS:
            for route, address in addresses(area):
                answer = await client.get(address)
                assert answer.status_code == 200, address
                validators[route].validate(answer.json())
                seen.add(route)
        assert seen == ROUTES

    async def test_refuses_a_field_too_many_and_one_too_few(self, client: httpx.AsyncClient) -> None:
        described = (await client.get("/openapi.json")).json()
        validator = Draft202012Validator(schema_of(described, "/v1/reports/{area}"))
        told = (await client.get("/v1/reports/61.03")).json()
        figure = told["figures"]["recorded"]
        figure["surplus"] = 1
        with pytest.raises(ValidationError, match="surplus"):
            validator.validate(told)
        del figure["surplus"], figure["unit"]
        with pytest.raises(ValidationError, match="unit"):
            validator.validate(told)
