"""HTTP, one way for all: strict reader, problems, retries by id, pages, lines, manners. A route stays ten lines."""

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI

from shared.http.codes import raises
from shared.http.lists import Page, PageAsked, QueryNumber, as_list, check_range, paged
from shared.http.manners import Manners
from shared.http.ndjson import LineResult, Lines, in_parts, lines
from shared.http.openapi import describe
from shared.http.problems import install_handlers
from shared.http.reader import Shape, body_of, require_type, strict, whole_file
from shared.http.routing import (
    Answer,
    DirectRoute,
    IfMatch,
    Made,
    OpenDatabase,
    Prints,
    Public,
    ReadDatabase,
    ReadSession,
    Router,
    WriteSession,
    etag,
    is_known,
    whole,
)
from shared.http.told import AmountTold, Qualifier

APP_OPTIONS: dict[str, Any] = {  # Any: FastAPI's own options
    "telemetry": {"tracing": False, "metrics": False, "logs": False},  # ours know the route, not the address
    "redirect_slashes": False,
    "docs_url": None,  # their pages load from elsewhere
    "redoc_url": None,
    "openapi_url": None,
    "separate_input_output_schemas": False,
}


def install(app: FastAPI, *, public: Iterable[str]) -> None:
    """Handlers and manners of every service. public: routes without a token, as `GET /v1/...`."""
    install_handlers(app)
    app.add_middleware(Manners, public=tuple(public))


__all__ = [
    "APP_OPTIONS",
    "AmountTold",
    "Answer",
    "DirectRoute",
    "IfMatch",
    "LineResult",
    "Lines",
    "Made",
    "OpenDatabase",
    "Page",
    "PageAsked",
    "Prints",
    "Public",
    "Qualifier",
    "QueryNumber",
    "ReadDatabase",
    "ReadSession",
    "Router",
    "Shape",
    "WriteSession",
    "as_list",
    "body_of",
    "check_range",
    "describe",
    "etag",
    "in_parts",
    "install",
    "is_known",
    "lines",
    "paged",
    "raises",
    "require_type",
    "strict",
    "whole",
    "whole_file",
]
