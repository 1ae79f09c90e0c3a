"""The strict reader: bytes to a validated shape, in one order, with a stable code for each way to be wrong."""

from typing import Any, NamedTuple, TypeVar

import jiter
from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError

from shared.base.errors import Invalid, TooLarge, Unreadable, WrongMediaType
from shared.http import deadline
from shared.http.validation_errors import to_api_error

JSON_BYTES = 1024 * 1024
FILE_BYTES = 32 * 1024 * 1024


class UnsupportedEncoding(WrongMediaType):
    """Bodies come as they are, not packed."""

    code = "unsupported_encoding"


class DuplicateKey(Invalid):
    """A key stands twice in one object."""


class BodySpec(NamedTuple):
    """What a dependency reads from the body; the description shows it."""

    media_type: str
    model: type[BaseModel] | None = None


Body = TypeVar("Body", bound=BaseModel)


def strict(model: type[Body]) -> Any:  # Any: FastAPI's marker
    """Marks a parameter as the request's JSON body: `Annotated[ThingCreate, strict(ThingCreate)]`."""

    async def read_json(request: Request) -> Body:
        require_media_type(request, "application/json")
        return parse_model(await receive_body(request, JSON_BYTES), model)

    return body_dependency(read_json, BodySpec("application/json", model))


def file_body(media_type: str, most: int = FILE_BYTES) -> Any:  # Any: FastAPI's marker
    """Marks a parameter as the request's body, as bytes: `Annotated[bytes, whole_file("text/csv")]`."""

    async def read_file(request: Request) -> bytes:
        require_media_type(request, media_type)
        return await receive_body(request, most)

    return body_dependency(read_file, BodySpec(media_type))


def body_dependency(dependency: Any, reads: BodySpec) -> Any:  # Any: FastAPI takes any callable
    dependency.reads = reads
    return Depends(dependency)


def require_media_type(request: Request, wanted: str) -> None:
    """The media type exactly, once; a charset may only be UTF-8. Raises WrongMediaType, UnsupportedEncoding."""
    given = request.headers.getlist("content-type")
    media, _, parameters = given[0].partition(";") if len(given) == 1 else ("", "", "")
    charset = parameters.strip().lower().replace('"', "")
    if media.strip().lower() != wanted or charset not in ("", "charset=utf-8"):
        raise WrongMediaType(header="Content-Type")
    if any(coding.strip().lower() != "identity" for coding in request.headers.getlist("content-encoding")):
        raise UnsupportedEncoding(header="Content-Encoding")


async def receive_body(request: Request, most: int) -> bytes:
    """The whole body, given up as soon as it is too long. More than a JSON document may take its time to come."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > most:
        raise TooLarge
    takes_its_time = most > JSON_BYTES
    if takes_its_time:
        deadline.lift_deadline(request.scope)
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            raise TooLarge
    if takes_its_time:
        deadline.renew_deadline(request.scope)
    return bytes(body)


def parse_model(raw: bytes, model: type[Body]) -> Body:
    """One JSON document as a shape. Raises Unreadable, DuplicateKey, Invalid, TooLarge; never with what was sent."""
    document = parse_json(raw)
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise to_api_error(error, document) from None


def parse_json(raw: bytes) -> object:
    """Readable at all, in UTF-8, no key twice. Deeper than 200 or numbers over 4,300 digits: jiter refuses them."""
    try:
        return jiter.from_json(raw, allow_inf_nan=False, catch_duplicate_keys=True, cache_mode="none")
    except ValueError as error:
        if str(error).startswith("Detected duplicate key"):  # compared, never passed on: it quotes the key
            raise DuplicateKey(pointer="#") from None
        raise Unreadable from None
