"""HTTP, one way for all: strict reader, problems, retries by id, pages, lines, manners. A route stays ten lines."""

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI

from shared.http.middleware import RequestMiddleware
from shared.http.problems import install_handlers

APP_OPTIONS: dict[str, Any] = {  # Any: FastAPI's own options
    "telemetry": {"tracing": False, "metrics": False, "logs": False},  # ours know the route, not the address
    "redirect_slashes": False,
    "docs_url": None,  # their pages load from elsewhere
    "redoc_url": None,
    "openapi_url": None,
    "separate_input_output_schemas": False,
}


def install_http(app: FastAPI, *, public: Iterable[str]) -> None:
    """Handlers and manners of every service. public: routes without a token, as `GET /v1/...`."""
    install_handlers(app)
    app.add_middleware(RequestMiddleware, public=tuple(public))
