"""Scalars of requests: strict, each refused with a stable code, and never quoting what was sent."""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from shared import areas

MARKS_IN_A_ROW = 8
YEARS = (1900, 2100)
DAY = re.compile(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
INSTANT = re.compile(
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?$"
)
UUID_TEXT = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
OTHER_SCHEME = re.compile(r"^[0-9]{4}$|^[0-9]{7}$|^[0-9]{10}$")  # the statistics office writes no dots


def wrong(code: str) -> PydanticCustomError:
    """The code travels in the error's type; the message says nothing of the value."""
    return PydanticCustomError(code, "not valid")


def as_text(value: Any) -> str:  # Any: whatever JSON gave
    if not isinstance(value, str):
        raise wrong("wrong_type")
    return value


def text_of(most: int, *, lines: bool) -> Callable[[Any], str]:
    def check(value: Any) -> str:  # Any: whatever JSON gave
        text = unicodedata.normalize("NFC", as_text(value))
        if len(text) > most or len(text.encode("utf-8", "surrogatepass")) > most * 4:
            raise wrong("too_long")
        if any(is_forbidden(character) and not (lines and character == "\n") for character in text):
            raise wrong("bad_character")
        if has_many_marks(text):
            raise wrong("too_long")
        if not text.strip():
            raise wrong("blank_text")
        return text

    return check


def is_forbidden(character: str) -> bool:
    """Control, format (zero-width and bidi among them), surrogate, private and unassigned characters."""
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def has_many_marks(text: str) -> bool:
    row = 0
    for character in text:
        row = row + 1 if unicodedata.combining(character) else 0
        if row > MARKS_IN_A_ROW:
            return True
    return False


def Text(most: int) -> Any:
    """One line of text: NFC, no control, format or bidi character, not blank, at most so many characters."""
    schema = {"type": "string", "minLength": 1, "maxLength": most}
    return Annotated[str, BeforeValidator(text_of(most, lines=False)), WithJsonSchema(schema)]


def Note(most: int) -> Any:
    """As Text, and it may have several lines."""
    schema = {"type": "string", "minLength": 1, "maxLength": most}
    return Annotated[str, BeforeValidator(text_of(most, lines=True)), WithJsonSchema(schema)]


def read_day(value: Any) -> date:  # Any: whatever JSON gave
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise wrong("bad_date")
    text = as_text(value)
    if re.fullmatch(r"[0-9]{5,}-[0-9]{2}-[0-9]{2}", text) or (DAY.match(text) and not in_years(int(text[:4]))):
        raise wrong("out_of_range")
    if not DAY.match(text):
        raise wrong("bad_date")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise wrong("bad_date") from None


def read_instant(value: Any) -> datetime:  # Any: whatever JSON gave
    if isinstance(value, datetime):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise wrong("bad_date")
    text = as_text(value)
    if re.match(r"^[0-9]{5,}-", text) or (re.match(r"^[0-9]{4}-", text) and not in_years(int(text[:4]))):
        raise wrong("out_of_range")
    found = INSTANT.match(text)
    if not found:
        raise wrong("bad_date")
    if found["zone"] is None:
        raise wrong("missing_zone")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise wrong("bad_date") from None


def in_years(year: int) -> bool:
    return YEARS[0] <= year <= YEARS[1]


def read_id(value: Any) -> UUID:  # Any: whatever JSON gave
    if isinstance(value, UUID):
        return value
    if not isinstance(value, str):
        raise wrong("wrong_type")
    if not UUID_TEXT.match(value):
        raise wrong("bad_uuid")
    return UUID(value)


def read_area(*levels: str) -> Callable[[Any], str]:
    """levels: which kinds of code are due; `unassigned` is `<district>.00` and the like."""

    def check(value: Any) -> str:  # Any: whatever JSON gave
        text = as_text(value)
        if OTHER_SCHEME.match(text):
            raise wrong("wrong_code_scheme")
        if not areas.AREA_CODE.match(text) or not areas.exists(text):
            raise wrong("bad_area")
        if ("unassigned" if areas.is_unassigned(text) else areas.level_of(text)) not in levels:
            raise wrong("bad_area")
        return text

    return check


def area_type(*levels: str) -> Any:  # Any: an annotated type
    schema = {
        "type": "string",
        "pattern": areas.AREA_CODE.pattern,
        "description": f"Ministry code of a {' or '.join(levels)}",
    }
    return Annotated[str, BeforeValidator(read_area(*levels)), WithJsonSchema(schema)]


def read_count(least: int, most: int) -> Callable[[Any], int]:
    def check(value: Any) -> int:  # Any: whatever JSON gave
        if isinstance(value, bool) or not isinstance(value, int):
            raise wrong("wrong_type")
        if not least <= value <= most:
            raise wrong("out_of_range")
        return value

    return check


def Count(least: int = 0, most: int = 10**9) -> Any:
    """A whole number from `least` to `most`."""
    schema = {"type": "integer", "minimum": least, "maximum": most}
    return Annotated[int, BeforeValidator(read_count(least, most)), WithJsonSchema(schema)]


def Word(*words: str) -> Any:
    """One of a closed list."""

    def check(value: Any) -> str:  # Any: whatever JSON gave
        if as_text(value) not in words:
            raise wrong("unknown_value")
        return str(value)

    return Annotated[str, BeforeValidator(check), WithJsonSchema({"type": "string", "enum": list(words)})]


def read_flag(value: Any) -> bool:  # Any: whatever JSON gave
    if not isinstance(value, bool):
        raise wrong("wrong_type")
    return value


Flag = Annotated[bool, BeforeValidator(read_flag)]
LocalDate = Annotated[date, BeforeValidator(read_day), WithJsonSchema({"type": "string", "format": "date"})]
Instant = Annotated[
    datetime,
    BeforeValidator(read_instant),
    PlainSerializer(lambda at: at.astimezone(UTC).isoformat().replace("+00:00", "Z"), when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Id = Annotated[UUID, BeforeValidator(read_id), WithJsonSchema({"type": "string", "format": "uuid"})]
AreaCode = area_type("district", "subdistrict", "unassigned")
AnyArea = area_type("nation", "province", "district", "subdistrict", "unassigned")
SubdistrictCode = area_type("subdistrict")
DistrictCode = area_type("district")
OfficeCode = area_type("district", "province", "nation")
Percent = Annotated[
    str,
    BeforeValidator(as_text),
    AfterValidator(lambda text: text if re.fullmatch(r"(100|[0-9]{1,2})(\.[0-9]{1,2})?", text) else _bad_percent()),
    Field(description="A decimal from 0 to 100 with up to two places"),
]


def _bad_percent() -> str:
    raise wrong("out_of_range")
