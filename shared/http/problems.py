"""Problem details (RFC 9457): every refusal in one shape, with a stable code and never with what was sent."""

import json
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from shared.errors import Finding, Invalid, NotFound, Refused, Unauthenticated, Unavailable
from shared.http.reader import finding

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 2
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class MethodNotAllowed(Refused):
    """This path does not take this method; `Allow` names those it takes."""

    status, title = 405, "Method not allowed"


class InternalError(Refused):
    """Something went wrong here; it was noted under this request id."""

    status, title = 500, "Internal error"


def problem(refused: Refused, request_id: str, *, headers: dict[str, str] | None = None) -> Response:
    body: dict[str, Any] = {  # Any: JSON
        "type": f"/problems/{refused.code}",
        "title": refused.title,
        "status": refused.status,
        "code": refused.code,
        "detail": refused.detail,
        "request_id": request_id,
        "errors": [described(each) for each in refused.findings],
        **refused.extra,
    }
    extra = dict(headers or {})
    if isinstance(refused, Unauthenticated):
        extra["WWW-Authenticate"] = "Bearer"
    if refused.status in (429, 503):
        extra["Retry-After"] = str(RETRY_AFTER_SECONDS)
    content = json.dumps(body, ensure_ascii=False).encode()
    return Response(content, refused.status, headers=extra, media_type=MEDIA_TYPE)


def described(found: Finding) -> dict[str, Any]:  # Any: JSON
    places = {"pointer": found.pointer, "parameter": found.parameter, "header": found.header}
    return {"code": found.code} | {name: place for name, place in places.items() if place} | dict(found.extra)


def install_handlers(app: FastAPI) -> None:
    app.add_exception_handler(Refused, on_refused)
    app.add_exception_handler(RequestValidationError, on_bad_parameter)
    app.add_exception_handler(HTTPException, on_framework_refusal)


async def on_refused(request: Request, refused: Exception) -> Response:
    assert isinstance(refused, Refused)
    return problem(refused, request_id_of(request))


async def on_bad_parameter(request: Request, error: Exception) -> Response:
    """Query parameters; a path that does not fit its type is no path of ours."""
    assert isinstance(error, RequestValidationError)
    lines = error.errors()
    if any(line["loc"][0] == "path" for line in lines):
        return problem(NotFound(), request_id_of(request))
    findings = tuple(Finding(finding(line).code, parameter=str(line["loc"][-1])) for line in lines)
    refused = Invalid(findings=findings)
    refused.code = findings[0].code  # type: ignore[misc]  # the first finding's, of this one refusal
    return problem(refused, request_id_of(request))


async def on_framework_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        return problem(MethodNotAllowed(), request_id_of(request), headers={"Allow": ", ".join(allowed_at(request))})
    if error.status_code == 404:
        return problem(NotFound(), request_id_of(request))
    return problem(Unavailable() if error.status_code == 503 else InternalError(), request_id_of(request))


def allowed_at(request: Request) -> list[str]:
    """Every method of the path, over all its routes; HEAD where GET is."""
    found: set[str] = set()
    for route in request.app.routes:
        match, _ = route.matches(request.scope)
        if match is not Match.NONE:
            found |= set(getattr(route, "methods", None) or ())
    found |= {"HEAD"} if "GET" in found else set()
    return [method for method in METHODS if method in found]


def request_id_of(request: Request) -> str:
    return str(request.scope.get("rekap_request_id", ""))
