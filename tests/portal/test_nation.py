"""A nation where everything is known: its front page stays light, and every district has its colour and its row."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.reporting.main import service
from services.reporting.portal.maps import class_of
from services.reporting.portal.outlines import drawing
from services.reporting.projection.apply import apply_batch
from shared.base import areas, ids
from shared.events.base import Event, Line, Range
from shared.events.recording.population import OpeningBalanceSet, RequiredPopulationSet
from shared.messaging.inbox import EventOrigin, ReceivedEvent
from shared.settings import PORTS, settings_of
from tests.backends import database_templates
from tests.portal.page_reader import ReadPage, read_page

BYTES_AT_MOST = 100_000
REQUIRED = 200_000
DISTRICTS = areas.districts_in(areas.NATION)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def known_nation(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    """Reporting alone, in this process, where each of 514 offices has said two numbers."""
    async with RunningService(tmp_path_factory.mktemp("nation")) as client:
        yield client


class RunningService:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def __aenter__(self) -> httpx.AsyncClient:
        url = await database_templates.sqlite_copy(service, self.folder)
        nobody = dict.fromkeys(PORTS, "http://127.0.0.1:9")
        settings = settings_of("reporting", data_folder=self.folder, database_url=url, sources=nobody)
        app = service.create_app(settings)
        self.life = app.router.lifespan_context(app)
        await self.life.__aenter__()
        async with app.state.database.write() as session:
            await apply_batch(session, list(nation_events()))
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://testserver")
        return self.client

    async def __aexit__(self, *error: object) -> None:
        await self.client.aclose()
        await self.life.__aexit__(None, None, None)


def nation_events() -> list[ReceivedEvent]:
    found: list[Event] = []
    for number, district in enumerate(DISTRICTS):
        about: dict[str, Any] = {"district": district, "as_of": date(2018, 11, 30)}
        found.append(RequiredPopulationSet(**about, basis="running", lines=(line(district, REQUIRED),)))
        found.append(OpeningBalanceSet(**about, metric="recorded", lines=(line(district, recorded(number)),)))
    at = datetime(2018, 12, 1, 5, tzinfo=UTC)
    return [
        ReceivedEvent(EventOrigin("recording", 0, seq, ids.new_id(), at), event) for seq, event in enumerate(found, 1)
    ]


def line(district: str, people: int) -> Line:
    return Line(area=f"{district}.00", amount=Range(value=people, low=people, high=people))


def recorded(number: int) -> int:
    """From 50 % to 102 % of those required."""
    return REQUIRED // 100 * 50 + number * 203


async def get(client: httpx.AsyncClient, path: str) -> ReadPage:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return read_page(path, answer)


@pytest.mark.asyncio(loop_scope="module")
class TestWhenAllIsKnown:
    @pytest.mark.parametrize("path", ["/id/areas/00", "/en/areas/00?as_of=2019-01-01"])
    async def test_the_page_stays_light(self, known_nation: httpx.AsyncClient, path: str) -> None:
        """As it travels, the map with it."""
        answer = await known_nation.get(path)

        assert answer.headers["content-encoding"] == "gzip"
        assert int(answer.headers["content-length"]) < BYTES_AT_MOST

    @pytest.mark.parametrize("encodings", ["identity", "gzip;q=0, br", ""])
    async def test_it_travels_plain_where_that_is_asked_for(
        self, known_nation: httpx.AsyncClient, encodings: str
    ) -> None:
        plain = await known_nation.get("/id/areas/61", headers={"Accept-Encoding": encodings})
        packed = await known_nation.get("/id/areas/61", headers={"Accept-Encoding": "gzip, br"})

        assert "content-encoding" not in plain.headers
        assert packed.headers["content-encoding"] == "gzip"
        assert plain.text == packed.text
        assert plain.headers["etag"] != packed.headers["etag"]
        assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"

    async def test_one_sentence_says_it(self, known_nation: httpx.AsyncClient) -> None:
        page = await get(known_nation, "/en/areas/00")

        assert "514 of 514 districts are known; their figures are as of November 2018, " in page.text

    async def test_every_district_has_its_colour(self, known_nation: httpx.AsyncClient) -> None:
        page = await get(known_nation, "/en/areas/00")

        drawn = re.findall(r'<a href="/en/areas/([0-9.]+)" tabindex="-1"><path class="([a-z0-9]+)"', page.source)
        wanted = {
            district: class_of(f"{100 * recorded(number) / REQUIRED:.2f}") for number, district in enumerate(DISTRICTS)
        }
        assert dict(drawn) == wanted
        assert set(wanted.values()) == {"c0", "c1", "c2", "c3", "c4"}

    async def test_the_table_has_the_numbers_of_the_interface(self, known_nation: httpx.AsyncClient) -> None:
        page = await get(known_nation, "/en/areas/00")
        parts = (await known_nation.get("/v1/reports/00/parts")).json()["items"]

        told = {number.href: number.value for number in page.numbers}
        for part in parts:
            for name, shown in part["figures"].items():
                assert told[f"/en/areas/{part['area']}/figures/{name}"] == str(shown["value"])


class TestOutlines:
    def test_every_district_is_on_the_nation_s_map(self) -> None:
        found = drawing(areas.NATION)

        assert found is not None
        assert set(found.paths) == set(DISTRICTS)

    @pytest.mark.parametrize("province", sorted(areas.area_register().districts))
    def test_and_on_its_province_s(self, province: str) -> None:
        found = drawing(province)

        assert found is not None
        assert set(found.paths) == set(areas.districts_in(province))

    def test_a_border_shared_stays_shared(self) -> None:
        """Points of two neighbours' border are the same points."""
        found = drawing("61")

        assert found is not None
        sanggau, sekadau = (points_of(found.paths[code]) for code in ("61.03", "61.09"))
        assert len(sanggau & sekadau) > 10

    def test_a_district_without_outlines_has_no_map(self) -> None:
        assert drawing("61.04") is None


def points_of(path: str) -> set[tuple[int, int]]:
    found = set()
    for ring in re.findall(r"M([^z]+)z", path):
        numbers = [int(each) for each in re.findall(r"-?[0-9]+", ring)]
        x = y = 0
        for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
            x, y = x + dx, y + dy
            found.add((x, y))
    return found
