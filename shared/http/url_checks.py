"""Checks of a request's address: no NIK in it, no odd escapes, only declared parameters, a known host."""

import re
from urllib.parse import unquote_to_bytes

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query

from shared.base.errors import Finding, Invalid, NotFound, Unreadable

NIK_PATTERN = re.compile(rb"(?<![0-9])[0-9]{16}(?![0-9])")  # any such run is taken for a person's number
ODD_PATH = re.compile(rb"//|\\|%00|%2e|%2f|%5c|/\.\.?(/|$)", re.IGNORECASE)
BAD_ESCAPE = re.compile(rb"%(?![0-9a-fA-F]{2})")
PARAMETER_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
IGNORED_PARAMETERS = frozenset(
    {"access_token"}
)  # a token in a query is none: it counts as not sent, and stands in no log


class NikInUrl(Unreadable):
    """A national identity number never stands in an address."""

    code = "nik_in_url"


class MalformedQuery(Unreadable):
    """The query string cannot be read."""

    code = "malformed_query"


class BadHost(Unreadable):
    """This host is not served here."""

    code = "bad_host"


class UnknownParameter(Invalid):
    """This route does not know this parameter."""

    code = "unknown_field"


class RepeatedParameter(Invalid):
    """A parameter is given once."""


def check_url(path: bytes, query: bytes) -> None:
    """path: as sent, still escaped. Raises NikInUrl, NotFound, MalformedQuery."""
    if any(NIK_PATTERN.search(part) or NIK_PATTERN.search(unquote_to_bytes(part)) for part in (path, query)):
        raise NikInUrl
    if ODD_PATH.search(path):
        raise NotFound
    check_query(query)


def check_query(query: bytes) -> None:
    """Readable UTF-8 without control characters, properly escaped."""
    if BAD_ESCAPE.search(query):
        raise MalformedQuery
    try:
        text = unquote_to_bytes(query).decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedQuery from None
    if any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in text):
        raise MalformedQuery


def check_host(given: list[str], served: list[str]) -> None:
    """served: names without a port; empty or `*` is any."""
    if not served or "*" in served:
        return
    names = {name.lower() for name in served}
    if len(given) != 1 or re.sub(r":[0-9]+$", "", given[0]).lower() not in names:
        raise BadHost(header="Host")


async def require_declared_parameters(request: Request) -> None:
    """A dependency of every route of the API: the query parameters it declares, each once."""
    check_parameters(request, ignores_others=False)


async def require_single_parameters(request: Request) -> None:
    """A dependency of pages: those it declares, each once; links of other sites add names of their own."""
    check_parameters(request, ignores_others=True)


def check_parameters(request: Request, *, ignores_others: bool) -> None:
    """Raises UnknownParameter, RepeatedParameter."""
    if not request.scope["query_string"]:
        return
    declared = declared_parameters(request.scope["route"].dependant)
    seen: set[str] = set()
    for name, _ in request.query_params.multi_items():
        if name in IGNORED_PARAMETERS:
            continue
        if name not in declared:
            if ignores_others:
                continue
            known = name if PARAMETER_NAME.fullmatch(name) else None
            raise UnknownParameter(findings=(Finding("unknown_field", parameter=known),))
        if name in seen:
            raise RepeatedParameter(parameter=name)
        seen.add(name)


def declared_parameters(dependant: Dependant) -> frozenset[str]:
    return frozenset(field.alias for field in get_flat_params(dependant) if isinstance(field.field_info, Query))
