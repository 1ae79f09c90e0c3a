"""One stack for all pages: what five offices stated, and a sixth office that is busy; and one browser."""

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.backends import run_state
from tests.journeys.stack import Stack
from tests.portal import chromium
from tests.portal.busy_office import COUNTED, KETAPANG, make_busy
from tests.portal.page_reader import ReadPage, read_page
from tests.portal.single_process_stack import SingleProcessStack


class Portal:
    """The portal of a stack, and the JSON beside it."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.reports: dict[str, Any] = {}  # JSON by address
        self.there: set[str] = set()  # addresses that were found to lead somewhere
        self.url = stack.url("reporting")

    async def get(self, path: str, *, status: int = 200, **headers: str) -> ReadPage:
        answer = await self.stack.client.get(self.url + path, headers=headers)
        assert answer.status_code == status, f"{path}: {answer.status_code} {answer.text[:500]}"
        return read_page(path, answer)

    async def report(self, area: str, query: str) -> Any:
        """The JSON for an area, asked for once."""
        address = f"/v1/reports/{area}" + (f"?{query}" if query else "")
        if address not in self.reports:
            answer = await self.stack.client.get(self.url + address)
            assert answer.status_code == 200, f"{address}: {answer.text}"
            self.reports[address] = answer.json()
        return self.reports[address]


class Kind(NamedTuple):
    """A kind of page, and where there is one, below `/id` or `/en`."""

    name: str
    path: str


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def portal(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Portal]:
    stack = SingleProcessStack("sqlite", tmp_path_factory.mktemp("portal"))
    try:
        await stack.open()
        assert not (await stack.load()).refused
        await make_busy(stack)
        await stack.settle()
        yield Portal(stack)
    finally:
        await stack.close()


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def kinds(portal: Portal) -> dict[str, Kind]:
    """Every kind of page, some in more than one state of knowledge."""
    items = (await portal.report("52.02", ""))["items"]
    [target] = (await portal.report("61.03", ""))["targets"]
    paths = {
        "nation": "/areas/00",
        "province": "/areas/61",
        "district": "/areas/61.03",
        "district then": "/areas/61.12?as_of=2011-11-15",
        "busy district": f"/areas/{KETAPANG}",
        "subdistrict": f"/areas/{COUNTED[0]}",
        "unknown subdistrict": "/areas/52.02.04",
        "rest": f"/areas/{KETAPANG}.00",
        "figure": "/areas/52.02/figures/unprinted",
        "figure of many": "/areas/00/figures/coverage_percent",
        "unknown figure": f"/areas/{COUNTED[0]}/figures/blank_stock",
        "item": f"/areas/52.02/items/{items['incident'][0]['id']}",
        "target": f"/areas/61.03/items/{target['id']}?as_of=2017-10-28",
    }
    return {name: Kind(name, path) for name, path in paths.items()}


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    try:
        async with chromium.start_browser() as found:
            yield found
    except run_state.BackEndMissing as reason:
        run_state.skip_or_fail("Chromium", reason)
