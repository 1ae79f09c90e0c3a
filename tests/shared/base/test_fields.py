"""Scalars: what each takes and refuses, and with which code (B37 to B50, B72 to B78, B116)."""

import time
from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from shared.base.area_fields import AnyArea, AreaCode, DistrictCode, OfficeCode, SubdistrictCode
from shared.base.fields import Choice, Count, Flag, Id, Instant, LocalDate, MultilineText, Percent, Text

LINE = Annotated[str, Text(20)]
NOTE = Annotated[str, MultilineText(20)]
PIECES = Annotated[int, Count(1, 500)]
TRANSPORT = Annotated[str, Choice("sea", "land")]


def parse(kind: Any, json: str) -> Any:  # Any: a type, and a value of it
    return TypeAdapter(kind).validate_json(json, strict=True)


def error_code(kind: Any, json: str) -> str:  # Any: a type
    with pytest.raises(ValidationError) as caught:
        parse(kind, json)
    [line] = caught.value.errors(include_input=False)
    assert line["msg"] == "not valid"
    return line["type"]


class TestText:
    @pytest.mark.parametrize(
        ("json", "refused_with"),
        [
            (r'"a\u0000b"', "bad_character"),
            (r'"a\u000bb"', "bad_character"),
            (r'"a\tb"', "bad_character"),
            (r'"a\u007fb"', "bad_character"),
            (r'"a\u0085b"', "bad_character"),
            (r'"a\u202eb"', "bad_character"),
            (r'"a\u2066b"', "bad_character"),
            (r'"a\u200bb"', "bad_character"),
            (r'"a\ufeffb"', "bad_character"),
            (r'"a\u2028b"', "bad_character"),
            (r'"a\ue000b"', "bad_character"),
            (r'"a\uffffb"', "bad_character"),
            (r'"a\r\nb"', "bad_character"),
            ('"   "', "blank_text"),
            (r'"\u00a0\u3000"', "blank_text"),
            ('""', "blank_text"),
            ('"' + "x" * 21 + '"', "too_long"),
            ('"a' + r"\u0301" * 9 + '"', "too_long"),
            ('"a' + r"\u20dd" * 9 + '"', "too_long"),
            ('"a' + r"\u0301" * 4000 + '"', "too_long"),
            ("5", "wrong_type"),
            ("null", "wrong_type"),
            ('["a"]', "wrong_type"),
        ],
    )
    def test_refuses(self, json: str, refused_with: str) -> None:
        assert error_code(LINE, json) == refused_with

    @pytest.mark.parametrize(
        "text",
        [
            "=1+1",
            "+62",
            "-",
            "@a",
            "＝1",
            "<script>",
            "{{7*7}}",
            "%s",
            "$(id)",
            "'; DROP",
            "Ñi Luh",
            "漢字",
            "a\u00a0b",
        ],
    )
    def test_takes(self, text: str) -> None:
        """B53, B54."""
        assert parse(LINE, f'"{text}"') == text

    def test_keeps_one_form(self) -> None:
        """B51."""
        assert parse(LINE, r'"Se\u0301kadau"') == parse(LINE, r'"S\u00e9kadau"') == "Sékadau"

    def test_counts_characters_in_that_form(self) -> None:
        assert len(parse(LINE, '"' + r"e\u0301" * 20 + '"')) == 20

    def test_is_not_slowed_by_marks(self) -> None:
        """The normal form sorts marks, in quadratic time."""
        began = time.perf_counter()
        assert error_code(Annotated[str, Text(10**6)], '"' + "\u0301\u0323" * 150_000 + '"') == "too_long"
        assert time.perf_counter() - began < 1

    def test_a_note_has_lines(self) -> None:
        """B55."""
        assert parse(NOTE, r'"a\nb"') == "a\nb"
        assert error_code(NOTE, r'"a\r\nb"') == "bad_character"
        assert error_code(NOTE, r'"a\u202e\nb"') == "bad_character"
        assert error_code(NOTE, r'"\n\n"') == "blank_text"

    @given(st.text())
    def test_is_printable_whatever_comes(self, text: str) -> None:
        try:
            found = Text(20).parse(text)
        except PydanticCustomError as error:
            refused_with = error.type
            assert refused_with in ("bad_character", "blank_text", "too_long")
        else:
            assert 0 < len(found) <= 20
            assert found.strip()


class TestCount:
    @pytest.mark.parametrize(
        ("json", "refused_with"),
        [
            ('"5"', "wrong_type"),
            ("5.0", "wrong_type"),
            ("1e3", "wrong_type"),
            ("true", "wrong_type"),
            ("null", "wrong_type"),
            ("1" + "0" * 30, "out_of_range"),
            ("9223372036854775808", "out_of_range"),
            ("-0", "out_of_range"),
            ("0", "out_of_range"),
            ("-1", "out_of_range"),
            ("501", "out_of_range"),
            ("1e999", "out_of_range"),
        ],
    )
    def test_refuses(self, json: str, refused_with: str) -> None:
        assert error_code(PIECES, json) == refused_with

    def test_takes_its_ends(self) -> None:
        assert (parse(PIECES, "1"), parse(PIECES, "500")) == (1, 500)


class TestIds:
    @pytest.mark.parametrize(
        "text",
        [
            "{01a20e13-7592-737a-ade9-f5a5650b5582}",
            "urn:uuid:01a20e13-7592-737a-ade9-f5a5650b5582",
            "01a20e137592737aade9f5a5650b5582",
            "00000000-0000-0000-0000-000000000000",
            "01A20E13-7592-737A-ADE9-F5A5650B5582",
            "01a20e13-7592-137a-ade9-f5a5650b5582",
            "01a20e13-7592-737a-0de9-f5a5650b5582",
            "01a20e13-7592-737a-ade9-f5a5650b5582\\n",
            "٠1a20e13-7592-737a-ade9-f5a5650b5582",
            "",
        ],
    )
    def test_refuse(self, text: str) -> None:
        """B44."""
        assert error_code(Id, f'"{text}"') == "bad_uuid"

    @pytest.mark.parametrize("text", ["01a20e13-7592-737a-ade9-f5a5650b5582", "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d"])
    def test_take_versions_4_and_7(self, text: str) -> None:
        assert parse(Id, f'"{text}"') == UUID(text)


class TestDays:
    @pytest.mark.parametrize(
        ("json", "refused_with"),
        [
            ('"2023-02-29"', "bad_date"),
            ("1677542400", "bad_date"),
            ("1677542400.5", "bad_date"),
            ('"1677542400"', "bad_date"),
            ('"2023-02-28T00:00:00Z"', "bad_date"),
            ('"20230228"', "bad_date"),
            ('"2023-W09-2"', "bad_date"),
            ('"28-02-2023"', "bad_date"),
            ('"2023-02-28\\n"', "bad_date"),
            ('"٢٠٢٣-02-28"', "bad_date"),
            ('"0000-01-01"', "out_of_range"),
            ('"10000-01-01"', "out_of_range"),
            ('"1899-12-31"', "out_of_range"),
            ('"2101-01-01"', "out_of_range"),
            ("true", "wrong_type"),
            ("{}", "wrong_type"),
        ],
    )
    def test_refuse(self, json: str, refused_with: str) -> None:
        assert error_code(LocalDate, json) == refused_with

    def test_take_a_leap_day(self) -> None:
        assert parse(LocalDate, '"2024-02-29"') == date(2024, 2, 29)


class TestInstants:
    @pytest.mark.parametrize(
        ("json", "refused_with"),
        [
            ('"2023-02-28T10:00:00"', "missing_zone"),
            ("1677542400", "bad_date"),
            ('"1677542400"', "bad_date"),
            ('"2023-02-28 10:00:00Z"', "bad_date"),
            ('"2023-02-28"', "bad_date"),
            ('"2023-02-28T10:00:60Z"', "bad_date"),
            ('"2023-02-28T24:00:00Z"', "bad_date"),
            ('"2023-02-28T10:00:00+25:00"', "bad_date"),
            ('"2023-02-28T10:00Z"', "bad_date"),
            ('"2023-02-30T10:00:00Z"', "bad_date"),
            ('"2023-02-28T10:00:00Z\\n"', "bad_date"),
            ('"9999-12-31T23:59-12:00"', "out_of_range"),
            ('"9999-12-31T23:59:00-12:00"', "out_of_range"),
            ('"0000-01-01T00:00:00Z"', "out_of_range"),
            ('"10000-01-01T00:00:00Z"', "out_of_range"),
        ],
    )
    def test_refuse(self, json: str, refused_with: str) -> None:
        assert error_code(Instant, json) == refused_with

    def test_are_kept_and_given_in_utc(self) -> None:
        at = parse(Instant, '"2018-11-30T12:00:00.5+07:00"')
        assert at == datetime(2018, 11, 30, 5, 0, 0, 500_000, UTC)
        assert TypeAdapter(Instant).dump_json(at) == b'"2018-11-30T05:00:00.500000Z"'


class TestAreas:
    @pytest.mark.parametrize(
        ("kind", "text", "refused_with"),
        [
            (AreaCode, "6105", "wrong_code_scheme"),
            (AreaCode, "6105010", "wrong_code_scheme"),
            (AreaCode, "61.99", "bad_area"),
            (AreaCode, "61.03\\n", "bad_area"),
            (AreaCode, "61.0", "bad_area"),
            (AreaCode, "61", "bad_area"),
            (AreaCode, "٦١.٠٣", "bad_area"),
            (DistrictCode, "61.03.01", "bad_area"),
            (SubdistrictCode, "61.03", "bad_area"),
            (SubdistrictCode, "61.03.00", "bad_area"),
            (OfficeCode, "61.03.01", "bad_area"),
        ],
    )
    def test_refuse(self, kind: Any, text: str, refused_with: str) -> None:  # Any: a type
        assert error_code(kind, f'"{text}"') == refused_with

    def test_take(self) -> None:
        for kind, texts in (
            (AreaCode, ("61.03", "61.03.01", "61.03.00")),
            (AnyArea, ("00", "61", "61.03", "61.00")),
            (OfficeCode, ("00", "61", "61.03")),
        ):
            for text in texts:
                assert parse(kind, f'"{text}"') == text

    def test_a_number_is_no_code(self) -> None:
        assert error_code(AreaCode, "61.03") == "wrong_type"


class TestOthers:
    def test_words_are_as_they_are_written(self) -> None:
        """B52."""
        assert parse(TRANSPORT, '"sea"') == "sea"
        for text in ('"Sea"', '"laut"', '""', '"sea "'):
            assert error_code(TRANSPORT, text) == "unknown_value"
        assert error_code(TRANSPORT, "1") == "wrong_type"

    def test_flags(self) -> None:
        """B43."""
        assert parse(Flag, "true") is True
        for text in ('"yes"', "1", "0", "null"):
            assert error_code(Flag, text) == "wrong_type"

    def test_percentages(self) -> None:
        for text in ("0", "71.78", "100", "100.00"):
            assert parse(Percent, f'"{text}"') == text
        for text in ("100.01", "101", "-1", "71.785"):
            assert error_code(Percent, f'"{text}"') == "out_of_range"
        for text in ("", "abc", "1e2", "71,78", "٧"):
            assert error_code(Percent, f'"{text}"') == "wrong_type"
