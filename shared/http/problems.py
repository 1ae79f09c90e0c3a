"""Problem details (RFC 9457): every refusal in one shape, with a stable code and never with what was sent."""

import json
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from shared.base.errors import (
    ApiError,
    Finding,
    InternalError,
    Invalid,
    NotFound,
    TooLarge,
    Unauthenticated,
    Unavailable,
    Unreadable,
    WrongMediaType,
)
from shared.http.validation_errors import FINDINGS_AT_MOST, code_of, expectation_of, with_first_code

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 2
HTTP_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class MethodNotAllowed(ApiError):
    """This path does not take this method; `Allow` names those it takes."""

    status, title = 405, "Method not allowed"


ERROR_OF_STATUS: dict[int, type[ApiError]] = {
    kind.status: kind for kind in (Unreadable, NotFound, MethodNotAllowed, TooLarge, WrongMediaType, Unavailable)
}


def problem_response(
    error: ApiError, request_id: str, *, path: str = "", headers: dict[str, str] | None = None
) -> Response:
    """As programs read it, wherever it was refused."""
    body: dict[str, Any] = {  # Any: JSON
        "type": f"/problems/{error.code}",
        "title": error.title,
        "status": error.status,
        "code": error.code,
        "detail": error.detail,
        "request_id": request_id,
        "errors": [describe_finding(each) for each in error.findings[:FINDINGS_AT_MOST]],
        **error.extra,
    }
    content = json.dumps(body, ensure_ascii=False, default=str).encode()
    return Response(content, error.status, headers={**problem_headers(error), **(headers or {})}, media_type=MEDIA_TYPE)


def problem_headers(error: ApiError) -> dict[str, str]:
    """The headers of a refusal, in whatever form it is told."""
    if isinstance(error, Unauthenticated):
        return {"WWW-Authenticate": "Bearer"}
    return {"Retry-After": str(RETRY_AFTER_SECONDS)} if error.status in (429, 503) else {}


def describe_finding(found: Finding) -> dict[str, Any]:  # Any: JSON
    places = {"pointer": found.pointer, "parameter": found.parameter, "header": found.header}
    return {"code": found.code} | {name: place for name, place in places.items() if place} | dict(found.extra)


def install_handlers(app: FastAPI) -> None:
    app.add_exception_handler(ApiError, on_api_error)
    app.add_exception_handler(RequestValidationError, on_bad_parameter)
    app.add_exception_handler(HTTPException, on_framework_error)


async def on_api_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return problem_response(error, request_id_of(request))


async def on_bad_parameter(request: Request, error: Exception) -> Response:
    """Query parameters; a path that does not fit its type is no path of ours."""
    assert isinstance(error, RequestValidationError)
    lines = error.errors()
    if any(line["loc"][0] == "path" for line in lines):
        return problem_response(NotFound(), request_id_of(request))
    findings = tuple(
        Finding(code_of(line), parameter=str(line["loc"][1]), extra=expectation_of(line)) for line in lines
    )
    return problem_response(with_first_code(Invalid, findings), request_id_of(request))


async def on_framework_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kind = ERROR_OF_STATUS.get(error.status_code, InternalError)
    methods = ", ".join(allowed_at(request.app.routes, request.scope))
    return problem_response(
        kind(), request_id_of(request), headers={"Allow": methods} if kind is MethodNotAllowed else None
    )


def allowed_at(routes: Sequence[BaseRoute], scope: Scope) -> list[str]:
    """Every method of the path, over all its routes; HEAD where GET is."""
    found: set[str] = set()
    for route in routes:
        match, _ = route.matches(scope)
        if match is not Match.NONE:
            found |= set(getattr(route, "methods", None) or ())
    found |= {"HEAD"} if "GET" in found else set()
    return [method for method in HTTP_METHODS if method in found]


def request_id_of(request: Request) -> str:
    return str(request.scope.get("rekap_request_id", ""))
