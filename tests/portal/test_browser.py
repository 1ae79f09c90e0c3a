"""Pages in a real Chromium: in both languages, on phone and desktop, with and without scripts, by keyboard alone."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page

from tests.portal.conftest import Kind, Portal
from tests.portal.page_kinds import LOCALES, PAGE_KINDS

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]

WIDTHS, HEIGHT = (390, 1280), 900
OTHER_WORDS = ("en", 1280)  # in the same places: what holds at this width and in the dark is seen in the first language
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
MANY_ALIKE = [".sortable tr.unknown:nth-child(n+20)"]  # hundreds of rows of one kind take a minute
CONTRAST = {"runOnly": ["color-contrast"]}


class Visit:
    """A page that is open, what it asked for and what it complained of."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    async def resize(self, width: int) -> None:
        await self.page.set_viewport_size({"width": width, "height": HEIGHT})

    async def width(self) -> int:
        found: int = await self.page.evaluate("document.documentElement.scrollWidth")
        return found

    async def violations(self, rules: dict[str, list[str]] = RULES) -> list[str]:
        found = await Axe().run(self.page, context={"exclude": [MANY_ALIKE]}, options=rules)
        return [
            f"{each['id']}: {[node['html'][:200] for node in each['nodes'][:3]]}"
            for each in found.response["violations"]
        ]


@asynccontextmanager
async def visit(
    browser: Browser, url: str, *, width: int = 1280, scripts: bool = True, scheme: str = "light"
) -> AsyncIterator[Visit]:
    context = await browser.new_context(
        viewport={"width": width, "height": HEIGHT},
        java_script_enabled=scripts,
        color_scheme=scheme,  # type: ignore[arg-type]  # light or dark
    )
    visit = Visit(await context.new_page())
    try:
        await visit.page.goto(url)
        yield visit
    finally:
        await context.close()


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", PAGE_KINDS)
class TestEveryPage:
    async def test_with_scripts_for_everybody(
        self, browser: Browser, portal: Portal, kinds: dict[str, Kind], name: str, locale: str
    ) -> None:
        async with visit(browser, f"{portal.url}/{locale}{kinds[name].path}") as seen:
            for width in WIDTHS:
                await seen.resize(width)
                assert await seen.width() <= width
                if (locale, width) != OTHER_WORDS:
                    assert await seen.violations() == []
            if locale != OTHER_WORDS[0]:
                await seen.page.emulate_media(color_scheme="dark")
                assert await seen.violations(CONTRAST) == []
            assert seen.complaints == []
            assert all(address.startswith(f"{portal.url}/") for address in seen.asked)

    async def test_without_scripts(
        self, browser: Browser, portal: Portal, kinds: dict[str, Kind], name: str, locale: str
    ) -> None:
        async with visit(browser, f"{portal.url}/{locale}{kinds[name].path}", scripts=False) as seen:
            for width in WIDTHS:
                await seen.resize(width)
                box = await seen.page.locator("main").bounding_box()
                assert box is not None
                assert box["width"] <= width
                assert await seen.page.locator("h1").is_visible()
            assert len(await seen.page.locator("main").inner_text()) > 200
            assert seen.complaints == []
            assert all(address.startswith(f"{portal.url}/") for address in seen.asked)


class TestRefusals:
    @pytest.mark.parametrize("locale", LOCALES)
    async def test_are_fit_for_everybody_too(self, browser: Browser, portal: Portal, locale: str) -> None:
        async with visit(browser, f"{portal.url}/{locale}/areas/99", width=390) as seen:
            assert await seen.width() <= 390
            assert await seen.violations() == []
            assert all(address.startswith(f"{portal.url}/") for address in seen.asked)


class TestByKeyboard:
    async def test_the_first_stop_leads_past_the_top(self, browser: Browser, portal: Portal) -> None:
        async with visit(browser, f"{portal.url}/id/areas/61.03") as seen:
            await seen.page.keyboard.press("Tab")
            skip = seen.page.locator(".skip")
            box = await skip.bounding_box()
            assert await skip.evaluate("each => each === document.activeElement")
            assert box is not None
            assert box["y"] >= 0
            await seen.page.keyboard.press("Enter")
            assert await seen.page.evaluate("document.activeElement.id") == "content"

    async def test_every_stop_is_seen(self, browser: Browser, portal: Portal) -> None:
        async with visit(browser, f"{portal.url}/id/areas/61.03", width=390) as seen:
            for _ in range(25):
                await seen.page.keyboard.press("Tab")
                outline = await seen.page.evaluate(
                    "(style => [style.outlineStyle, parseFloat(style.outlineWidth)])"
                    "(getComputedStyle(document.activeElement))"
                )
                assert outline[0] != "none"
                assert outline[1] >= 2

    async def test_no_stop_is_on_the_map(self, browser: Browser, portal: Portal) -> None:
        async with visit(browser, f"{portal.url}/id/areas/61") as seen:
            for _ in range(40):
                await seen.page.keyboard.press("Tab")
                assert not await seen.page.evaluate("!!document.activeElement.closest('svg')")

    async def test_a_table_is_sorted(self, browser: Browser, portal: Portal) -> None:
        async with visit(browser, f"{portal.url}/en/areas/61") as seen:
            coverage = seen.page.locator("table.sortable thead button", has_text="Coverage")
            await coverage.focus()
            await seen.page.keyboard.press("Enter")
            rows = seen.page.locator("table.sortable tbody tr th")
            assert await seen.page.locator('th[aria-sort="ascending"]').inner_text() == "Coverage"
            first = await rows.all_inner_texts()
            await seen.page.keyboard.press("Space")
            assert await seen.page.locator('th[aria-sort="descending"]').count() == 1
            then = await rows.all_inner_texts()
            assert first[0] == "Sanggau"
            assert then[0] != "Sanggau"
            assert first[3:] == then[3:]  # the unknown stay behind, in their order

    async def test_a_table_of_names_is_sorted(self, browser: Browser, portal: Portal) -> None:
        async with visit(browser, f"{portal.url}/en/areas/61") as seen:
            await seen.page.locator("table.sortable thead button").first.click()
            names = await seen.page.locator("table.sortable tbody tr th").all_inner_texts()
            assert names == sorted(names)


class TestDays:
    @pytest.mark.parametrize("scripts", [True, False])
    async def test_are_chosen_with_a_form(self, browser: Browser, portal: Portal, scripts: bool) -> None:
        async with visit(browser, f"{portal.url}/id/areas/61.03", scripts=scripts) as seen:
            await seen.page.locator('input[name="as_of"]').fill("2017-09-30")
            await seen.page.get_by_role("button", name="Tampilkan").click()
            await seen.page.wait_for_url("**/id/areas/61.03?as_of=2017-09-30&known_on=")
            shown = await seen.page.locator("main").inner_text()
            assert "Anda melihat keadaan per 30 September 2017" in shown
            await seen.page.get_by_role("link", name="Kembali ke data terbaru").click()
            await seen.page.wait_for_url("**/id/areas/61.03")


class TestOnPaper:
    @pytest.mark.parametrize("name", ["district", "busy district"])
    async def test_a_district_is_one_page_for_the_regent(
        self, browser: Browser, portal: Portal, kinds: dict[str, Kind], name: str
    ) -> None:
        async with visit(browser, f"{portal.url}/id{kinds[name].path}") as seen:
            paper = await seen.page.pdf(prefer_css_page_size=True)
            assert re.findall(rb"/Type /Pages\s*/Count ([0-9]+)", paper) == [b"1"]
