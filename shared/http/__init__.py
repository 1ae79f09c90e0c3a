"""HTTP, one way for all: strict reader, problems, retries by id, pages, lines, manners. A route stays ten lines."""

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI

from shared.http.lists import Page, PageAsked, as_list, paged, query_number
from shared.http.manners import Manners
from shared.http.ndjson import LineResult, answer_lines
from shared.http.openapi import describe
from shared.http.problems import install_handlers
from shared.http.reader import Shape, body_of, require_type, strict
from shared.http.routing import Answer, IfMatch, Made, Prints, Public, ReadSession, Router, WriteSession, etag

APP_OPTIONS: dict[str, Any] = {  # Any: FastAPI's own options
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
    "Answer",
    "IfMatch",
    "LineResult",
    "Made",
    "Page",
    "PageAsked",
    "Prints",
    "Public",
    "ReadSession",
    "Router",
    "Shape",
    "WriteSession",
    "answer_lines",
    "as_list",
    "body_of",
    "describe",
    "etag",
    "install",
    "paged",
    "query_number",
    "require_type",
    "strict",
]
