"""Validation errors of a request as codes and JSON pointers, never with a value."""

import math
import re
from collections.abc import Sequence
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType

from shared.base.errors import ApiError, Finding, Invalid, TooLarge
from shared.base.fields import INVALID_MESSAGE

FINDINGS_AT_MOST = 20
FINDINGS_TOLD = 5  # in the sentence for a person
TEXT_OF_CODE = {
    "missing_field": "is needed",
    "unknown_field": "is not known here",
    "too_many_items": "holds too many items",
    "nik_in_text": "holds what may be a NIK, which stands in no text",
}
FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
PYDANTIC_ERRORS = frozenset(get_args(ErrorType))
CODE_OF_PYDANTIC_ERROR = {  # pydantic's own findings; all others of its own say that the type is wrong
    "missing": "missing_field",
    "extra_forbidden": "unknown_field",
    "too_long": "too_many_items",
    "too_short": "out_of_range",
    "string_too_long": "too_long",
    "greater_than_equal": "out_of_range",
    "less_than_equal": "out_of_range",
    "greater_than": "out_of_range",
    "less_than": "out_of_range",
    "finite_number": "out_of_range",
    "literal_error": "unknown_value",
    "enum": "unknown_value",
    "union_tag_invalid": "unknown_value",
    "union_tag_not_found": "missing_field",
    "value_error": "inconsistent",
    "assertion_error": "inconsistent",
}


def to_api_error(error: ValidationError, document: object) -> ApiError:
    """One refusal with at most twenty findings. document: what was read, to tell its keys from names of ours."""
    lines = error.errors(include_url=False, include_input=False)
    findings = tuple(dict.fromkeys(finding_of(line, document) for line in lines))[:FINDINGS_AT_MOST]
    too_many = tuple(each for each in findings if each.code == "too_many_items")
    if too_many:
        return with_first_code(TooLarge, too_many)
    return with_first_code(Invalid, findings)


def finding_of(line: ErrorDetails, document: object) -> Finding:
    code = code_of(line)
    parts, found = pointer_of(line["loc"], document, is_missing=code == "missing_field")
    if isinstance(found, float) and math.isinf(found) and code == "wrong_type":
        code = "out_of_range"  # 1e999
    return Finding(code, "#" + "".join(f"/{part}" for part in parts), extra=expectation_of(line))


def expectation_of(line: ErrorDetails) -> tuple[tuple[str, str], ...]:
    """What a scalar of ours says it expects; pydantic's own contexts may quote what was sent."""
    expected = line.get("ctx", {}).get("expected") if line["msg"] == INVALID_MESSAGE else None
    return (("expected", expected),) if expected else ()


def code_of(line: ErrorDetails) -> str:
    """A scalar of ours, or of a room, carries its code as the error's type."""
    if line["msg"] == INVALID_MESSAGE or line["type"] not in PYDANTIC_ERRORS:
        return line["type"]
    return CODE_OF_PYDANTIC_ERROR.get(line["type"], "wrong_type")


def pointer_of(place: Sequence[int | str], document: object, *, is_missing: bool) -> tuple[list[str], object]:
    """-> the parts of the pointer, and what stands there.

    A part that is not in the document names a branch of a union, which the sender does not know. A key that does not
    look like a field name ends the walk: it can hold a person's number as well as a value can.
    """
    here: Any = document  # Any: JSON
    parts: list[str] = []
    for number, part in enumerate(place, 1):
        if isinstance(here, list) and isinstance(part, int) and part < len(here):
            here = here[part]
        elif isinstance(here, dict) and part in here:
            if not FIELD_NAME.fullmatch(str(part)):
                return parts, None
            here = here[part]
        elif not (is_missing and number == len(place)):
            continue
        parts.append(str(part))
    return parts, here


def with_first_code(kind: type[ApiError], findings: tuple[Finding, ...]) -> ApiError:
    """A refusal that has the code of its first finding, and says of each what was expected."""
    error = kind("; ".join(map(finding_text, findings[:FINDINGS_TOLD])), findings=findings)
    error.code = findings[0].code  # type: ignore[misc]  # of this one refusal, not of its kind
    return error


def finding_text(finding: Finding) -> str:
    place = finding.pointer or finding.parameter or finding.header or "#"
    expected = dict(finding.extra).get("expected")
    if expected and finding.code != "nik_in_text":
        return f"{place}: expected {expected}"
    return f"{place}: {TEXT_OF_CODE.get(finding.code) or finding.code.replace('_', ' ')}"
