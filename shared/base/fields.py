"""Scalars of requests: strict, each refused with a stable code, and never quoting what was sent.

Those with a measure are markers: `reason: Annotated[str, Text(200)]`, `pieces: Annotated[int, Count(1)]`.
"""

import math
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from asyncpg.pgproto.pgproto import UUID as QuickUUID  # a UUID, made and compared in C
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, PlainSerializer
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from shared.base.nik_in_text import contains_nik

INVALID_MESSAGE = "not valid"
COMBINING_MARKS_AT_MOST = 8
YEAR_RANGE = (1900, 2100)
DAY_PATTERN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
LONG_YEAR_PATTERN = re.compile(r"[+-]?[0-9]{5,}-[0-9]{2}-[0-9]{2}([T ].*)?", re.ASCII)
INSTANT_PATTERN = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?P<second>:[0-9]{2}(\.[0-9]{1,6})?)?"
    r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?"
)
UUID_PATTERN = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
DECIMAL_PATTERN = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")

JsonSchema = dict[str, Any]  # Any: JSON Schema
Validator = Callable[[Any], Any]  # Any: whatever JSON gave, here and below; to the scalar


def field_error(code: str, *, expected: str = "") -> PydanticCustomError:
    """What a room's own shape raises too: the code travels in the error's type, the message says nothing.

    expected: for a person, never what was sent. A scalar says it of itself.
    """
    return PydanticCustomError(code, INVALID_MESSAGE, {"expected": expected} if expected else None)


class Scalar:
    """A marker for `Annotated`: one check, its JSON Schema, the codes it can refuse with, and what it expects.

    expected: for a person, such as `a date, as 2018-11-30`; of what was sent it never says anything.
    """

    def __init__(self, check: Validator, schema: JsonSchema, *codes: str, expected: str = "") -> None:
        self.check, self.expected = check, expected or expected_text(schema)
        self.schema = {**schema, "x-codes": ["wrong_type", *codes]}

    def check_or_explain(self, value: Any) -> Any:
        try:
            return self.check(value)
        except PydanticCustomError as refusal:
            raise field_error(refusal.type, expected=self.expected) from None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.check_or_explain)

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchema:
        return dict(self.schema)


def expected_text(schema: JsonSchema) -> str:
    """What a JSON Schema of one of our scalars asks for, in words."""
    if "enum" in schema:
        return f"one of {', '.join(schema['enum'])}"
    if "minimum" in schema:
        return f"a whole number from {schema['minimum']:,} to {schema['maximum']:,}"
    return {"boolean": "true or false", "string": "text"}.get(schema["type"], "")


def require_text(value: Any) -> str:
    if not isinstance(value, str):
        raise field_error("wrong_type")
    return value


class Text(Scalar):
    """One line of text: NFC, no control, format or bidi character, not blank, at most so many characters."""

    lines = False

    def __init__(self, most: int) -> None:
        self.most = most
        schema = {"type": "string", "minLength": 1, "maxLength": most}
        expected = f"text of at most {most} characters, without control characters"
        super().__init__(
            self.parse, schema, "too_long", "bad_character", "blank_text", "nik_in_text", expected=expected
        )

    def parse(self, value: Any) -> str:
        """A NIK in it would reach events, other rooms and public pages."""
        text = self.parse_characters(value)
        if contains_nik(text):
            raise field_error("nik_in_text")
        return text

    def parse_characters(self, value: Any) -> str:
        if isinstance(value, str) and value.isascii() and value.isprintable() and value.strip():
            if len(value) <= self.most:  # nearly all that comes: nothing below has anything to say of it
                return value
            raise field_error("too_long")
        text = require_text(value)
        # both before the normal form is made: it sorts marks, and takes its time over many of them
        if len(text) > 4 * self.most or has_many_marks(text):
            raise field_error("too_long")
        text = unicodedata.normalize("NFC", text)
        if len(text) > self.most:
            raise field_error("too_long")
        if not text.isprintable() and any(map(self.is_forbidden, text)):
            raise field_error("bad_character")
        if not text.strip():
            raise field_error("blank_text")
        return text

    def is_forbidden(self, character: str) -> bool:
        """Control, format (zero-width and bidi among them), surrogate, private and unassigned characters."""
        if self.lines and character == "\n":
            return False
        return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


class MultilineText(Text):
    """As Text, and it may have several lines."""

    lines = True


def has_many_marks(text: str) -> bool:
    row = 0
    for character in text:
        row = row + 1 if not character.isascii() and unicodedata.category(character) in ("Mn", "Me") else 0
        if row > COMBINING_MARKS_AT_MOST:
            return True
    return False


class Count(Scalar):
    """A whole number from `least` to `most`."""

    def __init__(self, least: int = 0, most: int = 10**9) -> None:
        self.least, self.most = least, most
        super().__init__(self.parse, {"type": "integer", "minimum": least, "maximum": most}, "out_of_range")

    def parse(self, value: Any) -> int:
        if isinstance(value, float) and math.isinf(value):  # 1e999 is read as infinity
            raise field_error("out_of_range")
        if isinstance(value, bool) or not isinstance(value, int):
            raise field_error("wrong_type")
        if not self.least <= value <= self.most:
            raise field_error("out_of_range")
        return value


class Choice(Scalar):
    """One of a closed list."""

    def __init__(self, *words: str) -> None:
        self.words = frozenset(words)
        super().__init__(self.parse, {"type": "string", "enum": list(words)}, "unknown_value")

    def parse(self, value: Any) -> str:
        text = require_text(value)
        if text not in self.words:
            raise field_error("unknown_value")
        return str(text)


def parse_day(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    text = require_time_text(value)
    if not DAY_PATTERN.fullmatch(text):
        raise field_error("bad_date")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise field_error("bad_date") from None


def parse_instant(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    found = INSTANT_PATTERN.fullmatch(value) if isinstance(value, str) else None
    if not found or not YEAR_RANGE[0] <= int(value[:4]) <= YEAR_RANGE[1]:
        require_time_text(value)
        raise field_error("bad_date")
    text, zone = value, found["zone"]
    if zone is None:
        raise field_error("missing_zone")
    try:
        at = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise field_error("bad_date") from None
    if found["second"] is None:  # RFC 3339 has them always
        raise field_error("bad_date")
    return at


def require_time_text(value: Any) -> str:
    """Text that may be a time. A number is an epoch, which we do not take; years have four digits."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise field_error("bad_date")
    text = require_text(value)
    out_of_years = DAY_PATTERN.match(text) and not YEAR_RANGE[0] <= int(text[:4]) <= YEAR_RANGE[1]
    if out_of_years or LONG_YEAR_PATTERN.fullmatch(text):
        raise field_error("out_of_range")
    return text


def parse_id(value: Any) -> UUID:
    if isinstance(value, UUID):
        return value
    if not UUID_PATTERN.fullmatch(require_text(value)):
        raise field_error("bad_uuid")
    found: UUID = QuickUUID(value)
    return found


def parse_flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise field_error("wrong_type")
    return value


def parse_percent(value: Any) -> str:
    text = require_text(value)
    if not DECIMAL_PATTERN.fullmatch(text):
        raise field_error("wrong_type")
    if not 0 <= Decimal(text) <= 100 or len(text.partition(".")[2]) > 2:
        raise field_error("out_of_range")
    return text


def format_utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


Flag = Annotated[bool, Scalar(parse_flag, {"type": "boolean"})]
LocalDate = Annotated[
    date,
    Scalar(
        parse_day,
        {"type": "string", "format": "date"},
        "bad_date",
        "out_of_range",
        expected="a day of the years 1900 to 2100, as 2018-11-30",
    ),
    PlainSerializer(date.isoformat, when_used="json"),
]
Instant = Annotated[
    datetime,
    Scalar(
        parse_instant,
        {"type": "string", "format": "date-time"},
        "bad_date",
        "missing_zone",
        "out_of_range",
        expected="an instant with its zone, as 2018-11-30T09:00:00+07:00",
    ),
    PlainSerializer(format_utc, when_used="json"),
]
Id = Annotated[
    UUID,
    Scalar(
        parse_id,
        {"type": "string", "format": "uuid", "pattern": f"^{UUID_PATTERN.pattern}$"},
        "bad_uuid",
        expected="a UUID of version 4 or 7 in small letters, made by the caller",
    ),
    PlainSerializer(str, when_used="json"),
]
Percent = Annotated[
    str,
    Scalar(
        parse_percent,
        {"type": "string", "pattern": r"^(100(\.0{1,2})?|[0-9]{1,2}(\.[0-9]{1,2})?)$"},
        "out_of_range",
        expected="a percentage from 0 to 100 with at most two decimals, as text: 71.78",
    ),
]
