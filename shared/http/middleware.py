"""Middleware of every request: checks of its address, its deadline, one shape of error, one log line."""

import asyncio
from collections.abc import Iterable
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.base import tracing
from shared.base.errors import ApiError, InternalError, OutcomeUnknown, Unavailable
from shared.base.logging import current_request_id, log
from shared.db import commit_started
from shared.http.problems import HTTP_METHODS
from shared.http.request_context import RequestContext

CLIENT_CLOSED = 499


class RequestTimeout(Unavailable):
    """It took too long; nothing was stored."""

    code = "timeout"


class RequestMiddleware:
    """Pure ASGI, outermost. public: routes without a token, as `GET /v1/...`; any origin may read them."""

    def __init__(self, app: ASGIApp, public: Iterable[str]) -> None:
        self.app, self.public = app, frozenset(public)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = asyncio.get_running_loop().time()
        context = RequestContext(scope, receive, send, self.public)
        tracing.continue_trace(context.traceparent())
        current_request_id.set(context.request_id)
        try:
            await self.serve(context)
        finally:
            log_and_measure(context, asyncio.get_running_loop().time() - began)

    async def serve(self, context: RequestContext) -> None:
        try:
            context.check_url_and_host()
            if context.is_preflight():
                await context.answer(context.preflight_response())
            else:
                await self.handle(context)
        except ApiError as refused:
            await context.answer_error(refused)
        except ClientDisconnect:
            context.status = CLIENT_CLOSED
        except Exception:
            # a stream is cut here without its last chunk: the client sees an error, not a short answer
            log.error("request_failed", route=context.route(), exc_info=True)
            await context.answer_error(InternalError())

    async def handle(self, context: RequestContext) -> None:
        """Raises Timeout, or OutcomeUnknown where time ran out once the commit was under way."""
        commit_started.set(False)
        try:
            async with context.deadline:
                await self.app(context.scope, context.receive, context.send)
        except TimeoutError:
            if not context.deadline.timeout.expired():
                raise
            raise (OutcomeUnknown if commit_started.get() else RequestTimeout) from None


def log_and_measure(context: RequestContext, took_seconds: float) -> None:
    """One quiet line, and one observation."""
    method, route = context.method if context.method in HTTP_METHODS else "OTHER", context.route()
    if context.is_disconnected and not context.started:
        context.status = CLIENT_CLOSED
    log.info("request", method=method, route=route, status=context.status, ms=round(took_seconds * 1000, 1))
    metrics: Any = getattr(context.app.state, "metrics", None)  # Any: an app under test may have none
    if metrics is not None:
        metrics.requests.labels(method, route, f"{context.status // 100}xx").observe(took_seconds)
