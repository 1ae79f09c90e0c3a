"""What an installation hides is in no answer and on no page, while what it does not hide stays as it was."""

import random
import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.reporting.main import service
from services.reporting.reports.cache import AnswerCache
from services.reporting.reports.series import SERIES_FIGURES, has_series
from services.reporting.subjects.figures import FIGURES, FLOWS
from shared.base import areas
from shared.settings import settings_of
from tests.conftest import FrozenClock, MakeUrl
from tests.oracle.random_world import World
from tests.reporting.projection.world_events import fold_world

HIDDEN_FIGURES = ("recorded", "blank_stock", "subdistricts_online", "target_required", "cards_printed")
HIDDEN_AREAS = ("61.09", "61.03.01")
AREAS = ("00", "61", "61.03", "61.03.02", "61.03.00", "61.09", "61.03.01")
PAGES_OF_FIGURES = ("coverage_percent", "days_of_cover", "recorded")


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
    world = World(3, steps=300)
    frozen_clock.at = datetime.combine(world.today("91.71"), datetime.min.time(), UTC)
    async with app.router.lifespan_context(app):
        await fold_world(app.state.database, world, random.Random(3))
        yield app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as client:
        yield client


def hide(app: FastAPI, **hidden: Any) -> None:  # Any: settings
    """As if the service had been started with these."""
    app.state.settings = app.state.settings.model_copy(update=hidden)
    app.state.reports, app.state.pages = AnswerCache(1000), AnswerCache(200)


def addresses(area: str) -> Iterator[str]:
    report = f"/v1/reports/{area}"
    yield from (report, f"{report}?format=csv", f"{report}/parts")
    for figure in FIGURES:
        yield f"{report}/figures/{figure}"
    for figure in PAGES_OF_FIGURES:
        yield f"{report}/figures/{figure}?format=csv"
        yield f"/en/areas/{area}/figures/{figure}"
    if has_series(area):
        yield from (f"{report}/series?figure={figure}" for figure in SERIES_FIGURES[:4])
    yield from (f"/{locale}/areas/{area}" for locale in ("id", "en"))


async def answers(client: httpx.AsyncClient) -> dict[str, httpx.Response]:
    """By address: everything public about some areas, with the pages of the things in them."""
    found = {address: await client.get(address) for area in AREAS for address in addresses(area)}
    for area in AREAS:
        answer = found[f"/v1/reports/{area}"]
        for id in ids_in(answer.json()) if answer.status_code == 200 else ():
            address = f"/id/areas/{area}/items/{id}"
            found[address] = await client.get(address)
    assert {answer.status_code for answer in found.values()} <= {200, 404}
    return found


def ids_in(report: Any) -> list[str]:  # Any: JSON
    """One thing of each kind, and one target."""
    kinds = [*report["items"].values(), report["targets"]]
    return [things[0]["id"] for things in kinds if things]


def shows_figure(answer: httpx.Response, name: str) -> bool:
    """On a page a figure is known by the link to its explanation, and labels are prose: a name may be a word too."""
    text = re.sub(r'"label":\{[^}]*\}', "", answer.text)
    if "text/html" in answer.headers["content-type"]:
        return re.search(rf"/figures/{name}\b", text) is not None
    return re.search(rf"(?<!\w){name}(?!\w)", text) is not None


def shows_area(answer: httpx.Response, area: str) -> bool:
    """By its code, or by its name where no other area has it."""
    found = re.search(rf"(?<![\d.]){re.escape(area)}(?!\d)", answer.text)
    name = areas.name_of(area)
    is_its_own = [each.name for each in areas.area_register().areas.values()].count(name) == 1
    return bool(found or (is_its_own and re.search(rf"\b{re.escape(name)}\b", answer.text)))


def shown(found: dict[str, httpx.Response]) -> dict[str, httpx.Response]:
    return {address: answer for address, answer in found.items() if answer.status_code == 200}


class TestWithheld:
    @pytest.mark.timeout(300)
    async def test_is_named_nowhere(self, app: FastAPI, client: httpx.AsyncClient) -> None:
        everything = shown(await answers(client))
        for name in HIDDEN_FIGURES:
            assert any(shows_figure(answer, name) for answer in everything.values()), name
        for area in HIDDEN_AREAS:
            assert any(shows_area(answer, area) for answer in everything.values()), area

        hide(app, hidden_figures=list(HIDDEN_FIGURES))
        left = shown(await answers(client))
        leaks = [(at, name) for at, answer in left.items() for name in HIDDEN_FIGURES if shows_figure(answer, name)]
        assert leaks == [], leaks[:20]
        assert {f"/v1/reports/{area}" for area in AREAS} <= left.keys()

        hide(app, hidden_figures=[], hidden_areas=list(HIDDEN_AREAS))
        left = shown(await answers(client))
        leaks = [(at, area) for at, answer in left.items() for area in HIDDEN_AREAS if shows_area(answer, area)]
        assert leaks == [], leaks[:20]
        elsewhere = {at for at in everything if "/items/" not in at and not any(area in at for area in HIDDEN_AREAS)}
        assert elsewhere <= left.keys()

    async def test_areas_still_count_in_sums(self, app: FastAPI, client: httpx.AsyncClient) -> None:
        before = (await client.get("/v1/reports/61")).json()["figures"]
        hide(app, hidden_areas=list(HIDDEN_AREAS))
        assert (await client.get("/v1/reports/61")).json()["figures"] == before

    async def test_things_in_hidden_areas_have_no_page_elsewhere(self, app: FastAPI, client: httpx.AsyncClient) -> None:
        ids = ids_in((await client.get("/v1/reports/61.09")).json())
        hide(app, hidden_areas=["61.09"])
        assert ids
        assert {(await client.get(f"/id/areas/61/items/{id}")).status_code for id in ids} == {404}

    @pytest.mark.parametrize("back_end", ["sqlite"], indirect=True)  # of pages, not of how they are read
    @pytest.mark.timeout(300)
    async def test_every_figure_can_be_hidden(self, app: FastAPI, client: httpx.AsyncClient) -> None:
        """Pages are made without whichever figure."""
        for name in (*FIGURES, *FLOWS):
            hide(app, hidden_figures=[name])
            for address in ("/v1/reports/61.03", "/id/areas/61.03", "/id/areas/61", "/id/areas/61.03.02"):
                answer = await client.get(address)
                assert (answer.status_code, shows_figure(answer, name)) == (200, False), (name, address)
        hide(app, hidden_figures=[*FIGURES, *FLOWS])
        for address in ("/v1/reports/00", "/id/areas/00", "/en/areas/61.03", "/en/areas/61.03.02"):
            assert (await client.get(address)).status_code == 200, address
