"""The strict reader: bytes to a validated shape, in one order, with a stable code for each way to be wrong."""

import re
from collections.abc import Sequence
from typing import Any, TypeVar

import jiter
from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from shared.errors import Finding, Invalid, Refused, TooLarge, Unreadable, WrongMediaType

JSON_BYTES = 1024 * 1024
FINDINGS_AT_MOST = 20
FIELD_NAME = re.compile(r"^[a-z][a-z0-9_]{0,39}$")
MODEL_SAYS = {  # the codes of pydantic's own findings; ours travel as the error's type
    "missing": "missing_field",
    "extra_forbidden": "unknown_field",
    "too_long": "too_many_items",
    "too_short": "out_of_range",
    "greater_than_equal": "out_of_range",
    "less_than_equal": "out_of_range",
    "greater_than": "out_of_range",
    "less_than": "out_of_range",
    "literal_error": "unknown_value",
    "enum": "unknown_value",
    "union_tag_invalid": "unknown_value",
    "value_error": "inconsistent",
}


class Shape(BaseModel):
    """What a request may hold: nothing unknown, no silent conversion, no infinity."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, frozen=True, hide_input_in_errors=True)


class UnsupportedEncoding(WrongMediaType):
    """Bodies come as they are, not packed."""

    code = "unsupported_encoding"


class DuplicateKey(Invalid):
    """A key stands twice in one object."""


Body = TypeVar("Body", bound=BaseModel)


def strict(model: type[Body]) -> Any:  # Any: FastAPI's marker
    """Marks a parameter as the request's JSON body: `Annotated[ThingCreate, strict(ThingCreate)]`."""

    async def read_json(request: Request) -> Body:
        require_type(request, "application/json")
        return read(await body_of(request, JSON_BYTES), model)

    read_json.model = model  # type: ignore[attr-defined]  # read by the description
    return Depends(read_json)


def require_type(request: Request, wanted: str) -> None:
    """The media type exactly; a charset may only be UTF-8."""
    media, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().replace('"', "")
    if media.strip().lower() != wanted or charset not in ("", "charset=utf-8"):
        raise WrongMediaType(header="Content-Type")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedEncoding(header="Content-Encoding")


async def body_of(request: Request, most: int) -> bytes:
    """The whole body, given up as soon as it is too long."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > most:
        raise TooLarge
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise TooLarge
        parts.append(part)
    return b"".join(parts)


def read(raw: bytes, model: type[Body]) -> Body:
    """One JSON document as a shape. Raises Unreadable, DuplicateKey, Invalid; never with what was sent."""
    check_json(raw)
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise refusal(error) from None
    except (RecursionError, OverflowError):
        raise Unreadable from None


def check_json(raw: bytes) -> None:
    """Readable at all, no key twice, no text that is no text."""
    if raw[:3] == b"\xef\xbb\xbf" or b"\x00" in raw[:4]:
        raise Unreadable
    try:
        raw.decode("utf-8")
        jiter.from_json(raw, allow_inf_nan=False, catch_duplicate_keys=True, cache_mode="none")
    except UnicodeDecodeError:
        raise Unreadable from None
    except ValueError as error:
        reason = str(error)  # jiter's words; only compared, never passed on
        if reason.startswith("Detected duplicate key"):
            raise DuplicateKey(pointer="#") from None
        if "number out of range" in reason.lower():
            raise Invalid(findings=(Finding("out_of_range", "#"),)) from None
        raise Unreadable from None
    except (RecursionError, OverflowError):
        raise Unreadable from None


def refusal(error: ValidationError, *, at: str = "#") -> Refused:
    """Our findings for pydantic's; at most twenty."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    if any(line["type"] == "json_invalid" for line in found):
        return Unreadable()
    findings = tuple(finding(line, at) for line in found[:FINDINGS_AT_MOST])
    if any(each.code == "too_many_items" for each in findings):
        first = next(each for each in findings if each.code == "too_many_items")
        return coded(TooLarge, first.code, (first,))
    return coded(Invalid, findings[0].code, findings)


def finding(line: ErrorDetails, at: str = "#") -> Finding:
    code = line["type"]
    if code in MODEL_SAYS:
        code = MODEL_SAYS[code]
    elif not is_ours(code):
        code = "wrong_type"
    place = list(line["loc"])
    if code == "unknown_field" and not FIELD_NAME.match(str(place[-1])):
        place.pop()  # a key can hold a person's number as well as a value can
    return Finding(code, at + "".join(f"/{part}" for part in place if not is_branch(part)))


OURS = """
wrong_type out_of_range bad_uuid unknown_value bad_character blank_text too_long bad_nik bad_date missing_zone bad_range
bad_period in_future too_young wrong_code_scheme bad_area area_not_valid_then unknown_reference reason_required
note_required same_place mixed_items legs_not_balanced inconsistent sum_mismatch missing_field unknown_field
""".split()  # noqa: SIM905 -- a list to read


def is_ours(code: str) -> bool:
    return code in OURS


def is_branch(part: object) -> bool:
    """A union's branch names in a location are ours, not the sender's."""
    return isinstance(part, str) and not FIELD_NAME.match(part)


def coded(kind: type[Refused], code: str, findings: Sequence[Finding]) -> Refused:
    refused = kind(findings=tuple(findings))
    refused.code = code  # type: ignore[misc]  # the first finding's, of this one refusal
    return refused
