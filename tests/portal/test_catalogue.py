"""The catalogue: both languages say the same things, nothing is missing, and no word of the services is left out."""

import re
from datetime import date
from pathlib import Path
from string import Formatter

import pytest

from services.equipment.repairs.models import REPAIR_STEPS
from services.equipment.vocabulary import CAUSES, COMPONENTS, CONNECTION_STATES, LAYERS, OWNERS
from services.reporting.levels import wording
from services.reporting.portal.locale import PageLocale
from services.reporting.portal.pages.district import PARTS, WHOLES
from services.reporting.portal.texts import TEXTS
from services.reporting.portal.words import WORDS
from services.reporting.projection.batch import cause_of
from services.reporting.subjects.figures import FIGURES
from shared.events import EVENTS

PORTAL = Path(__file__).parents[2] / "services" / "reporting" / "portal"
SOURCES = [*PORTAL.rglob("*.html"), *PORTAL.rglob("*.py")]
KEY = re.compile(r"""(?<![a-z_])t\(\s*["']([a-z_0-9]+)["']""")
WORD_OF = re.compile(r"""word\(\s*["']([a-z_]+)["']""")
COMPOSED_KEY_PREFIXES = ("item_", "level_", "problem_", "obstacle_", "days", "plain")  # keys put together from a word


def used_keys() -> set[str]:
    return {key for path in SOURCES for key in KEY.findall(path.read_text(encoding="utf-8"))}


def placeholders_of(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


class TestTexts:
    def test_every_key_that_is_used_is_there(self) -> None:
        assert {key for key in used_keys() if not key.endswith("_")} <= TEXTS.keys()

    def test_every_text_is_used(self) -> None:
        said = {key for key in TEXTS if not key.startswith(COMPOSED_KEY_PREFIXES)}
        everything = "".join(path.read_text(encoding="utf-8") for path in SOURCES if path.name != "texts.py")
        assert {key for key in said if f"'{key}'" not in everything and f'"{key}"' not in everything} == set()

    @pytest.mark.parametrize("key", sorted(TEXTS))
    def test_both_languages_say_it_with_the_same_blanks(self, key: str) -> None:
        indonesian, english = TEXTS[key]
        assert indonesian.strip()
        assert english.strip()
        assert placeholders_of(indonesian) == placeholders_of(english)

    def test_every_text_of_a_figure_is_in_both(self) -> None:
        for table in (wording.LABELS, wording.OPERATORS, wording.NEXT_TARGET):
            for texts in table.values():
                assert all(text.strip() for text in texts)


class TestWords:
    def test_every_kind_that_is_used_is_there(self) -> None:
        kinds = {kind for path in SOURCES for kind in WORD_OF.findall(path.read_text(encoding="utf-8"))}
        assert kinds <= WORDS.keys()

    @pytest.mark.parametrize(
        ("kind", "words"),
        [
            ("cause", CAUSES),
            ("layer", LAYERS),
            ("component", COMPONENTS),
            ("owner", OWNERS),
            ("connection", CONNECTION_STATES),
            ("state", [str(state) for state in REPAIR_STEPS]),
            ("unit", {figure.unit for figure in FIGURES.values()}),
            ("part", {*PARTS, *(name for names in WHOLES.values() for name in names)}),
            ("verdict", ("met", "missed", "out_of_reach", "within_reach", "unknown")),
            ("check", ("holds", "differs", "cannot_be_checked", "suspect")),
            ("flag", ("recorded_over_required", "contradicts_the_opening", "below_zero", "suspect")),
        ],
    )
    def test_every_word_of_the_services_is_there(self, kind: str, words: object) -> None:
        assert set(words) <= WORDS[kind].keys()  # type: ignore[call-overload]  # words are strings

    def test_whatever_changes_a_level_has_a_name(self) -> None:
        named = {name for name in (cause_of(type_) for type_ in EVENTS) if name in WORDS["event"]}
        assert named == WORDS["event"].keys()

    def test_an_unknown_word_is_shown_as_it_came(self) -> None:
        assert PageLocale("id").word("cause", "something_new") == "something_new"

    def test_both_languages_have_every_word(self) -> None:
        missing = [
            (kind, word)
            for kind, words in WORDS.items()
            for word, texts in words.items()
            if kind != "unit" and not all(text.strip() for text in texts)
        ]
        assert missing == []


class TestTongue:
    @pytest.mark.parametrize(
        ("tongue", "value", "unit", "told"),
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
        self, tongue: str, value: int | str | None, unit: str, told: str
    ) -> None:
        assert PageLocale(tongue).number(value, unit) == told

    def test_amounts_say_what_they_may_be(self) -> None:
        t = PageLocale("id")
        assert t.amount({"value": 1000, "low": 1000, "high": 1999}) == "1.000–1.999"
        assert t.amount({"value": 7000, "low": 6650, "high": 7350}) == "sekitar 7.000"
        assert t.amount({"value": 5, "low": 5, "high": 5}) == "5"

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
        assert PageLocale("id").age(on, date.fromisoformat(today)) == indonesian
        assert PageLocale("en").age(on, date.fromisoformat(today)) == english

    def test_a_month_is_called_a_month(self) -> None:
        assert PageLocale("id").month("2017-09-30") == "September 2017"
        assert PageLocale("id").month("2018-02-28") == "Februari 2018"
        assert PageLocale("en").month("2017-10-28") == "28 October 2017"
