"""Middleware of every request: checks of its address, its deadline, one shape of error, one log line."""

import asyncio
from collections.abc import Iterable
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.base.errors import ApiError, OutcomeUnknown, Unavailable
from shared.db import is_committing
from shared.http.problems import METHODS, InternalError
from shared.http.request_context import RequestContext
from shared.observability import tracing
from shared.observability.logging import current_request_id, log

CLIENT_CLOSED = 499


class RequestTimeout(Unavailable):
    """It took too long; nothing was stored."""

    code = "timeout"


class Middleware:
    """Pure ASGI, outermost. public: routes without a token, as `GET /v1/...`; any origin may read them."""

    def __init__(self, app: ASGIApp, public: Iterable[str]) -> None:
        self.app, self.public = app, frozenset(public)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = asyncio.get_running_loop().time()
        exchange = RequestContext(scope, receive, send, self.public)
        tracing.continue_trace(exchange.traceparent())
        current_request_id.set(exchange.request_id)
        try:
            await self.serve(exchange)
        finally:
            log_and_measure(exchange, asyncio.get_running_loop().time() - began)

    async def serve(self, exchange: RequestContext) -> None:
        try:
            exchange.check()
            if exchange.is_preflight():
                await exchange.answer(exchange.preflight())
            else:
                await self.handle(exchange)
        except ApiError as refused:
            await exchange.refuse(refused)
        except ClientDisconnect:
            exchange.status = CLIENT_CLOSED
        except Exception:
            # a stream is cut here without its last chunk: the client sees an error, not a short answer
            log.error("request_failed", route=exchange.route(), exc_info=True)
            await exchange.refuse(InternalError())

    async def handle(self, exchange: RequestContext) -> None:
        """Raises Timeout, or OutcomeUnknown where time ran out once the commit was under way."""
        is_committing.set(False)
        try:
            async with exchange.deadline:
                await self.app(exchange.scope, exchange.receive, exchange.send)
        except TimeoutError:
            if not exchange.deadline.timeout.expired():
                raise
            raise (OutcomeUnknown if is_committing.get() else RequestTimeout) from None


def log_and_measure(exchange: RequestContext, took_seconds: float) -> None:
    """One quiet line, and one observation."""
    method, route = exchange.method if exchange.method in METHODS else "OTHER", exchange.route()
    if exchange.gone and not exchange.started:
        exchange.status = CLIENT_CLOSED
    log.info("request", method=method, route=route, status=exchange.status, ms=round(took_seconds * 1000, 1))
    metrics: Any = getattr(exchange.app.state, "metrics", None)  # Any: an app under test may have none
    if metrics is not None:
        metrics.requests.labels(method, route, f"{exchange.status // 100}xx").observe(took_seconds)
