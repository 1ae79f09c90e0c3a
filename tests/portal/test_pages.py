"""Pages as they are sent: every kind in both languages, with the numbers of the JSON, harmless, light, and honest."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from shared.base import clock
from tests.portal.busy_office import KETAPANG
from tests.portal.conftest import Kind, Portal
from tests.portal.page_kinds import LOCALES, PAGE_KINDS
from tests.portal.page_reader import FIGURE, ITEM, PageNumber

pytestmark = pytest.mark.asyncio(loop_scope="session")

BYTES_AT_MOST = 100_000
LINKS_AT_MOST = 25  # of those on a page that were on none before
YEARS = {  # from seven
    "id": ["tujuh", "delapan", "sembilan", "sepuluh", "sebelas"],
    "en": ["seven", "eight", "nine", "ten", "eleven"],
}
SECTIONS_OF_A_DISTRICT = ("work", "levels", "stock", "trouble", "links", "statements", "targets")


def number_in(text: str, locale: str) -> Decimal:
    """The first number of a text, read by the rules of its language."""
    found = re.search(r"-?[0-9][0-9.,]*", text)
    assert found, text
    plain = found[0].strip(".,")
    thousands, point = (".", ",") if locale == "id" else (",", ".")
    return Decimal(plain.replace(thousands, "").replace(point, "."))


def every_number(found: Any) -> set[Decimal]:
    """All numbers in a JSON document, ratios among them."""
    if isinstance(found, dict):
        return set().union(*map(every_number, found.values())) if found else set()
    if isinstance(found, list):
        return set().union(*map(every_number, found)) if found else set()
    if isinstance(found, bool) or found is None:
        return set()
    if isinstance(found, int) or re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", str(found)):
        return {Decimal(str(found))}
    return set()


async def check_number(portal: Portal, number: PageNumber) -> None:
    """A number on a page is that of the JSON it leads to, in the form of the page's language."""
    if figure := FIGURE.fullmatch(number.href):
        report = await portal.report(figure["area"], figure["query"] or "")
        shown = report["figures"][figure["figure"]]
        if number.value is not None:
            assert number.value == str(shown["value"]), number
        elif any(sign.isdigit() for sign in number.text) and shown["at_least"] is not None:
            assert number_in(number.text, figure["locale"]) == shown["at_least"]
        else:
            assert shown["value"] is None or figure["figure"] == "blank_stock", number  # or what a stock implies
        locale = figure["locale"]
    else:
        item = ITEM.fullmatch(number.href)
        assert item, f"{number.href} leads to no explanation"
        report = await portal.report(item["area"], item["query"] or "")
        things = [*report["targets"], *(each for kind in report["items"].values() for each in kind)]
        [thing] = [each for each in things if each["id"] == item["item"]]
        if number.value is not None:
            assert Decimal(number.value) in every_number(thing), number
        locale = item["locale"]
    if number.value is not None:
        assert number_in(number.text, locale) == Decimal(number.value), number


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", PAGE_KINDS)
class TestEveryPage:
    async def test_has_the_numbers_of_the_json(
        self, portal: Portal, kinds: dict[str, Kind], name: str, locale: str
    ) -> None:
        page = await portal.get(f"/{locale}{kinds[name].path}")

        for number in page.numbers:
            await check_number(portal, number)
        expected = {"nation", "province", "district", "district then", "busy district", "subdistrict", "rest"}
        assert page.numbers or name not in expected

    async def test_is_whole_light_and_harmless(
        self, portal: Portal, kinds: dict[str, Kind], name: str, locale: str
    ) -> None:
        page = await portal.get(f"/{locale}{kinds[name].path}")

        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.headers["content-security-policy"].startswith("default-src 'self'; ")
        assert page.lang == locale
        assert [text for level, text in page.headings if level == "h1"]
        assert len(page.without_map.encode()) < BYTES_AT_MOST
        assert not page.attributes("style")
        assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
        assert not re.findall(r"<script(?! src=)", page.source)
        addresses = page.attributes("href") + page.attributes("src") + page.attributes("action")
        assert not [address for address in addresses if not re.match(r"[/#]", address)]
        assert len(set(page.attributes("id"))) == len(page.attributes("id"))

    async def test_leads_only_to_pages_that_are_there(
        self, portal: Portal, kinds: dict[str, Kind], name: str, locale: str
    ) -> None:
        page = await portal.get(f"/{locale}{kinds[name].path}")

        inner = {address for address in page.attributes("href") if address.startswith("/")}
        new = sorted(inner - portal.there)[:LINKS_AT_MOST]
        for address in new:
            answer = await portal.stack.client.head(portal.url + address)
            assert answer.status_code == 200, address
        portal.there |= set(new)


class TestNationAndProvince:
    async def test_the_nation_is_the_front_page(self, portal: Portal) -> None:
        front, nation = await portal.get("/"), await portal.get("/id/areas/00")

        assert front.source == nation.source

    async def test_says_how_many_are_known_and_how_old_in_one_sentence(self, portal: Portal) -> None:
        page = await portal.get("/en/areas/00?as_of=2018-11-30")

        assert (
            "3 of 514 districts are known; their figures are as of June 2017 to November 2018, the oldest" in page.text
        )
        assert age_of(date(2017, 6, 30), "en") in page.text

    async def test_colours_the_known_and_hatches_the_unknown(self, portal: Portal) -> None:
        page = await portal.get("/id/areas/61?as_of=2017-12-31")

        kinds = re.findall(r'<path class="(c[0-4]|unknown)" d="[^"]+"><title>([^<]+)</title>', page.source)
        assert len(kinds) == 14
        assert {told for kind, told in kinds if kind != "unknown"} == {"Sanggau: 71,78 %", "Sekadau: 86,25 %"}
        assert {told.partition(":")[0]: kind for kind, told in kinds}["Sanggau"] == "c1"

    async def test_has_a_row_for_every_district(self, portal: Portal) -> None:
        page = await portal.get("/en/areas/00")

        table = page.source[page.source.index('<table class="sortable">') :]
        assert len(re.findall(r'<th scope="row"><a href="/en/areas/[0-9.]{5}', table)) == 514


class TestDistrict:
    @pytest.mark.parametrize("locale", LOCALES)
    async def test_stands_in_the_order_of_the_work(self, portal: Portal, locale: str) -> None:
        page = await portal.get(f"/{locale}/areas/61.03")

        places = [page.source.index(f'id="{section}"') for section in SECTIONS_OF_A_DISTRICT]
        assert places == sorted(places)
        assert page.source.index('class="summary"') < places[0]

    async def test_answers_within_ten_seconds(self, portal: Portal) -> None:
        """Required, recorded, have a card, what is in the way, when the target is due and its verdict: on top."""
        page = await portal.get("/id/areas/61.03")

        top = page.source[: page.source.index('id="work"')]
        for told in ("354.753", "254.635", "217.989", "36.646", "100.118", "30 November 2017", "tidak tercapai"):
            assert told in top

    async def test_old_figures_say_their_age(self, portal: Portal) -> None:
        indonesian, english = await portal.get("/id/areas/61.03"), await portal.get("/en/areas/61.03")

        assert f"per September 2017, {age_of(date(2017, 9, 30), 'id')}" in indonesian.text
        assert f"as of September 2017, {age_of(date(2017, 9, 30), 'en')}" in english.text

    async def test_the_age_is_told_to_who_looks_back_too(self, portal: Portal) -> None:
        page = await portal.get("/en/areas/61.03?as_of=2017-09-30")

        assert f"as of September 2017, {age_of(date(2017, 9, 30), 'en')}" in page.text
        assert "You are looking at 30 September 2017, not at the latest." in page.text

    async def test_what_was_not_known_then_is_unknown(self, portal: Portal) -> None:
        page = await portal.get("/en/areas/61.03?known_on=2017-12-31")

        assert "354,753" not in page.text
        assert "Only what was known on 31 December 2017 is counted." in page.text

    async def test_an_overdue_promise_is_called_so(self, portal: Portal) -> None:
        page = await portal.get("/en/areas/61.12?as_of=2011-11-15")

        assert "overdue 5 days" in page.text
        assert "Promised delivery of recording kits is 5 days overdue" in page.text

    async def test_a_suspect_statement_stands_beside_our_figure(self, portal: Portal) -> None:
        page = await portal.get("/en/areas/52.02")

        assert re.search(r"Required to hold a card\s*more than 7,000\s*752,886\s*doubtful", page.text)


class TestSubdistrict:
    async def test_says_why_it_is_unknown(self, portal: Portal) -> None:
        page = await portal.get("/en/areas/52.02.04")

        assert "0 of 20 figures are known here." in page.text
        assert "It was stated for Lombok Tengah as a whole only, not by sub-district." in page.text
        assert "nobody stated this figure, not even for Lombok Tengah as a whole" in page.text


class TestExplanation:
    async def test_names_speaker_reason_and_formula(self, portal: Portal) -> None:
        page = await portal.get("/en/areas/52.02/figures/required_population")

        assert "7 thousand-odd is a hundredth of recorded and cannot be meant" in page.text
        assert "Head of office, Radar Mandalika" in page.text

    async def test_tells_what_was_left_out(self, portal: Portal) -> None:
        whole = await portal.get("/id/areas/00/figures/coverage_percent?as_of=2018-11-30")
        late = await portal.get(f"/en/areas/{KETAPANG}/figures/printed_first")

        assert "511 kabupaten/kota" in whole.text
        assert "of days that it already covers" in late.text
        assert "+31" in late.text

    async def test_tells_deltas_by_day(self, portal: Portal) -> None:
        page = await portal.get(f"/en/areas/{KETAPANG}/figures/recorded")

        told = await portal.stack.explain(KETAPANG, "recorded")
        deltas = told["leaves"][0]["places"][0]["deltas"]
        assert deltas
        for row in deltas:
            assert f"+{row['value']}" in page.text


class TestHarmless:
    @pytest.mark.parametrize("below", ["", "/figures/printed_first", "/figures/recorded"])
    async def test_what_offices_wrote_is_text(self, portal: Portal, below: str) -> None:
        page = await portal.get(f"/id/areas/{KETAPANG}{below}")

        assert "alert(1)" in page.text
        assert "<script>alert" not in page.source
        assert "<img" not in page.source

    async def test_so_it_is_in_the_page_of_a_thing(self, portal: Portal) -> None:
        report = await portal.report(KETAPANG, "")
        for kind in ("incident", "delivery", "repair"):
            for item in report["items"][kind]:
                page = await portal.get(f"/en/areas/{KETAPANG}/items/{item['id']}")
                assert "<script>alert" not in page.source
                assert "<img" not in page.source


class TestRefusals:
    @pytest.mark.parametrize(
        ("path", "status", "told"),
        [
            ("/id/areas/99", 404, "Halaman ini tidak ada"),
            ("/en/areas/6103", 404, "There is no such page"),
            ("/en/areas/61.03/figures/nothing", 404, "There is no such page"),
            ("/en/areas/61.03.01/figures/days_of_cover", 404, "There is no such page"),
            ("/id/areas/61.03/items/nothing", 404, "Halaman ini tidak ada"),
            ("/en/nowhere/at/all", 404, "There is no such page"),
            ("/en/areas/6103004501000001", 400, "The request cannot be read"),
            ("/id/areas/61.03?as_of=%ff", 400, "Permintaan tidak dapat dibaca"),
            ("/en/areas/61.03?as_of=2017-02-30", 422, "This day or choice is not valid"),
            ("/id/areas/61.03?as_of=kanari", 422, "Tanggal atau pilihan ini tidak sah"),
            ("/id/areas/61.03?known_on=20170930", 422, "Tanggal atau pilihan ini tidak sah"),
            ("/id/areas/61.03?basis=kanari", 422, "Tanggal atau pilihan ini tidak sah"),
            ("/id/areas/61.03?as_of=2017-09-30&as_of=2017-09-30", 422, "Tanggal atau pilihan ini tidak sah"),
        ],
    )
    async def test_are_pages_in_the_reader_s_language(self, portal: Portal, path: str, status: int, told: str) -> None:
        page = await portal.get(path, status=status)

        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.headers["cache-control"] == "no-store"
        assert [text for level, text in page.headings if level == "h1"] == [told]
        assert page.lang == path[1:3]
        assert "kanari" not in page.source
        assert "6103004501000001" not in page.source
        assert page.headers["x-request-id"] in page.text

    @pytest.mark.parametrize(
        ("path", "ignored"),
        [
            ("/", "fbclid=kanari"),
            ("/id/areas/61.03", "utm_source=wa&utm_medium=kanari"),
            ("/en/areas/61.03/figures/recorded", "gclid=1&gclid=2"),
            ("/en/areas/61.03?as_of=2017-09-30", "kanari=1"),
        ],
    )
    async def test_names_that_other_sites_add_are_ignored(self, portal: Portal, path: str, ignored: str) -> None:
        page, plain = await portal.get(f"{path}{'&' if '?' in path else '?'}{ignored}"), await portal.get(path)

        assert (page.source, page.headers["etag"]) == (plain.source, plain.headers["etag"])

    async def test_an_address_without_a_language_is_found(self, portal: Portal) -> None:
        answer = await portal.stack.client.get(f"{portal.url}/areas/61.03/figures/recorded?as_of=2017-09-30")

        assert answer.status_code == 308
        assert answer.headers["location"] == "/id/areas/61.03/figures/recorded?as_of=2017-09-30"

    async def test_a_form_sent_empty_is_the_latest(self, portal: Portal) -> None:
        empty, latest = await portal.get("/id/areas/61.03?as_of=&known_on="), await portal.get("/id/areas/61.03")

        assert empty.source == latest.source

    async def test_the_interface_still_refuses_in_its_own_way(self, portal: Portal) -> None:
        answer = await portal.stack.client.get(f"{portal.url}/v1/reports/61.03?as_of=2017-02-30")

        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


class TestCaches:
    async def test_a_known_page_is_not_sent_again(self, portal: Portal) -> None:
        first = await portal.get("/id/areas/61.03")
        again = await portal.get("/id/areas/61.03", status=304, **{"If-None-Match": first.headers["etag"]})

        assert again.source == ""
        assert first.headers["cache-control"] == "no-cache"

    async def test_files_keep_for_ever_under_the_name_of_their_content(self, portal: Portal) -> None:
        page = await portal.get("/id/areas/61.03")
        names = [address for address in page.attributes("href") + page.attributes("src") if "/static/" in address]

        assert len(names) == 3
        for name in names:
            answer = await portal.stack.client.get(portal.url + name)
            assert answer.status_code == 200
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        await portal.get("/static/portal.000000000000.css", status=404)


def age_of(on: date, locale: str) -> str:
    today = clock.today("61.03")
    years = today.year - on.year - ((today.month, today.day) < (on.month, on.day))
    word = YEARS[locale][years - 7]
    return f"{word} tahun yang lalu" if locale == "id" else f"{word} years old"
