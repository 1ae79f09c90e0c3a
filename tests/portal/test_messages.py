"""The messages of the portal: both languages say the same things, nothing is missing, nothing is left over."""

import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from services.equipment.deliveries.models import DELIVERY_STEPS
from services.equipment.incidents.models import INCIDENT_STEPS
from services.equipment.repairs.models import REPAIR_STEPS
from services.equipment.vocabulary import CAUSES, COMPONENTS, CONNECTION_STATES, LAYERS, OWNERS
from services.reporting.analysis.obstacles import MISSING, UNPRINTED_PARTS
from services.reporting.levels import wording
from services.reporting.portal.locale import PageLocale
from services.reporting.portal.messages import LOCALES, TRANSLATIONS, Messages, read_messages
from services.reporting.portal.pages.district import WHOLES
from services.reporting.portal.pages.item import KINDS
from services.reporting.portal.pages.problem import KNOWN
from services.reporting.projection.batch import cause_of
from services.reporting.schemas.amount import AmountShape
from services.reporting.subjects.figures import FIGURES
from shared.events import EVENTS

PORTAL = Path(__file__).parents[2] / "services" / "reporting" / "portal"
SOURCES = [*PORTAL.rglob("*.html"), *PORTAL.rglob("*.py")]
SOURCE = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
KEY = re.compile(r"""(?<![a-z_])t\(\s*["']([a-z_0-9]+)["']\s*[,)]""")
WORD_OF = re.compile(r"""word\(\s*["']([a-z_]+)["']""")
COMPOSED_KEYS = {  # put together from a word
    *(f"item_{kind}" for kind in KINDS),
    *(f"level_{level}" for level in ("nation", "province", "district", "city", "subdistrict")),
    *(f"problem_{status}_{part}" for status in (400, *KNOWN) for part in ("title", "text")),
    *(f"obstacle_{name}" for name in (*UNPRINTED_PARTS, *MISSING)),
}
KEYS = sorted(key for kind, key in read_messages("id") if not kind)
WORDS = sorted((kind, word) for kind, word in read_messages("id") if kind)


def catalogue(locale: str) -> Catalog:
    with (TRANSLATIONS / f"{locale}.po").open("rb") as file:
        return read_po(file, abort_invalid=True)


def words_of(kind: str, messages: Messages) -> set[str]:
    return {word for of, word in messages if of == kind}


def placeholders_of(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


class TestCatalogues:
    def test_both_languages_have_the_same_messages_in_the_same_order(self) -> None:
        assert list(read_messages("id")) == list(read_messages("en"))

    @pytest.mark.parametrize("locale", LOCALES)
    def test_the_file_names_its_language(self, locale: str) -> None:
        assert f'"Language: {locale}\\n"' in (TRANSLATIONS / f"{locale}.po").read_text(encoding="utf-8")

    @pytest.mark.parametrize("locale", LOCALES)
    def test_no_message_is_empty_fuzzy_obsolete_or_there_twice(self, locale: str) -> None:
        found = catalogue(locale)
        assert [message.id for message in found if message.id and (message.fuzzy or not message.string)] == []
        assert not found.obsolete
        lines = (TRANSLATIONS / f"{locale}.po").read_text(encoding="utf-8").splitlines()
        assert len([line for line in lines if line.startswith("msgid ")]) == len(read_messages(locale)) + 1


class TestTexts:
    def test_every_key_that_is_used_is_there(self) -> None:
        assert {*KEY.findall(SOURCE), *COMPOSED_KEYS} - {*KEYS} == set()

    def test_every_text_is_used(self) -> None:
        named = {*KEYS} - COMPOSED_KEYS
        assert {key for key in named if f"'{key}'" not in SOURCE and f'"{key}"' not in SOURCE} == set()

    @pytest.mark.parametrize("key", KEYS)
    def test_both_languages_say_it_with_the_same_blanks(self, key: str) -> None:
        indonesian, english = (read_messages(locale)["", key] for locale in LOCALES)
        assert indonesian.strip()
        assert english.strip()
        assert placeholders_of(indonesian) == placeholders_of(english)

    def test_every_text_of_a_figure_is_in_both(self) -> None:
        for table in (wording.LABELS, wording.OPERATORS, wording.NEXT_TARGET):
            for texts in table.values():
                assert all(text.strip() for text in texts)


class TestWords:
    def test_every_kind_that_is_used_is_there_and_no_other(self) -> None:
        kinds = {kind for kind, _ in WORDS}
        assert {*WORD_OF.findall(SOURCE)} - kinds == set()
        assert {kind for kind in kinds if f"'{kind}'" not in SOURCE and f'"{kind}"' not in SOURCE} == set()

    @pytest.mark.parametrize(
        ("kind", "words"),
        [
            ("cause", CAUSES),
            ("layer", LAYERS),
            ("component", COMPONENTS),
            ("owner", OWNERS),
            ("connection", CONNECTION_STATES),
            ("state", [str(state) for state in (*REPAIR_STEPS, *DELIVERY_STEPS, *INCIDENT_STEPS)]),
            ("state", ("submitted", "granted", "rejected", "partly_received", "received", "closed", "set")),
            ("unit", {figure.unit for figure in FIGURES.values()} - {"percent"}),
            ("part", {*UNPRINTED_PARTS, *(name for names in WHOLES.values() for name in names)}),
            ("verdict", ("met", "missed", "out_of_reach", "within_reach", "unknown")),
            ("check", ("holds", "differs", "cannot_be_checked", "suspect")),
            ("flag", ("recorded_over_required", "contradicts_the_opening", "below_zero", "suspect")),
        ],
    )
    def test_every_word_of_the_services_is_there(self, kind: str, words: Iterable[str]) -> None:
        for locale in LOCALES:
            assert set(words) - words_of(kind, read_messages(locale)) == set()

    def test_whatever_changes_a_level_has_a_name(self) -> None:
        events = words_of("event", read_messages("id"))
        assert {name for name in (cause_of(type_) for type_ in EVENTS) if name in events} == events

    def test_an_unknown_word_is_shown_as_it_came(self) -> None:
        assert PageLocale("id").word("cause", "something_new") == "something_new"

    @pytest.mark.parametrize("locale", LOCALES)
    def test_no_word_has_blanks(self, locale: str) -> None:
        assert [key for key in WORDS if not read_messages(locale)[key].strip()] == []
        assert [key for key in WORDS if placeholders_of(read_messages(locale)[key])] == []


class TestLocale:
    @pytest.mark.parametrize(
        ("locale", "value", "unit", "told"),
        [
            ("id", 254_635, "people", "254.635"),
            ("en", 254_635, "people", "254,635"),
            ("id", "71.78", "percent", "71,78 %"),
            ("en", "71.78", "percent", "71.78%"),
            ("id", "1215.33", "people_per_working_day", "1.215,33"),
            ("id", None, "people", "tidak diketahui"),
            ("en", None, "people", "unknown"),
            ("id", 0, "pieces", "0"),
            ("id", -3, "cards", "-3"),
        ],
    )
    def test_numbers_have_the_language_s_own_form(
        self, locale: str, value: int | str | None, unit: str, told: str
    ) -> None:
        assert PageLocale(locale).number(value, unit) == told

    def test_amounts_say_what_they_may_be(self) -> None:
        t = PageLocale("id")
        assert t.amount(AmountShape(value=1000, low=1000, high=1999)) == "1.000–1.999"
        assert t.amount(AmountShape(value=7000, low=6650, high=7350)) == "sekitar 7.000"
        assert t.amount(AmountShape(value=5, low=5, high=5)) == "5"

    @pytest.mark.parametrize(
        ("on", "today", "indonesian", "english"),
        [
            ("2017-09-30", "2026-11-26", "sembilan tahun yang lalu", "nine years old"),
            ("2011-10-31", "2026-11-26", "15 tahun yang lalu", "15 years old"),
            ("2026-09-30", "2026-11-26", "57 hari yang lalu", "57 days old"),
            ("2026-06-30", "2026-11-30", "lima bulan yang lalu", "five months old"),
            ("2024-11-26", "2026-11-25", "23 bulan yang lalu", "23 months old"),
            ("2024-11-26", "2026-11-26", "dua tahun yang lalu", "two years old"),
            ("2026-11-25", "2026-11-26", "", ""),
        ],
    )
    def test_ages_are_whole_and_in_words(self, on: str, today: str, indonesian: str, english: str) -> None:
        assert PageLocale("id").age(date.fromisoformat(on), date.fromisoformat(today)) == indonesian
        assert PageLocale("en").age(date.fromisoformat(on), date.fromisoformat(today)) == english

    def test_a_month_is_called_a_month(self) -> None:
        assert PageLocale("id").month(date(2017, 9, 30)) == "September 2017"
        assert PageLocale("id").month(date(2018, 2, 28)) == "Februari 2018"
        assert PageLocale("en").month(date(2017, 10, 28)) == "28 October 2017"
