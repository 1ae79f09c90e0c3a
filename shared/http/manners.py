"""Manners of every request: what its address may hold, how long it may take, one shape of refusal, one log line."""

import asyncio
from collections.abc import Iterable
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from shared import tracing
from shared.db import committing
from shared.errors import OutcomeUnknown, Refused, Unavailable
from shared.http.exchange import Exchange
from shared.http.problems import METHODS, InternalError
from shared.logging import log, of_request

CLIENT_CLOSED = 499


class Timeout(Unavailable):
    """It took too long; nothing was stored."""


class Manners:
    """Pure ASGI, outermost. public: routes without a token, as `GET /v1/...`; any origin may read them."""

    def __init__(self, app: ASGIApp, public: Iterable[str]) -> None:
        self.app, self.public = app, frozenset(public)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = asyncio.get_running_loop().time()
        exchange = Exchange(scope, receive, send, self.public)
        tracing.continue_trace(exchange.traceparent())
        of_request.set(exchange.request_id)
        try:
            await self.serve(exchange)
        finally:
            report(exchange, asyncio.get_running_loop().time() - began)

    async def serve(self, exchange: Exchange) -> None:
        try:
            exchange.check()
            if exchange.is_preflight():
                await exchange.answer(exchange.preflight())
            else:
                await self.handle(exchange)
        except Refused as refused:
            await exchange.refuse(refused)
        except ClientDisconnect:
            exchange.status = CLIENT_CLOSED
        except Exception:
            # a stream is cut here without its last chunk: the client sees an error, not a short answer
            log.error("request_failed", route=exchange.route(), exc_info=True)
            await exchange.refuse(InternalError())

    async def handle(self, exchange: Exchange) -> None:
        """Raises Timeout, or OutcomeUnknown where time ran out once the commit was under way."""
        committing.set(False)
        try:
            async with exchange.deadline:
                await self.app(exchange.scope, exchange.receive, exchange.send)
        except TimeoutError:
            if not exchange.deadline.timeout.expired():
                raise
            raise (OutcomeUnknown if committing.get() else Timeout) from None


def report(exchange: Exchange, took_seconds: float) -> None:
    """One quiet line, and one observation."""
    method, route = exchange.method if exchange.method in METHODS else "OTHER", exchange.route()
    if exchange.gone and not exchange.started:
        exchange.status = CLIENT_CLOSED
    log.info("request", method=method, route=route, status=exchange.status, ms=round(took_seconds * 1000, 1))
    metrics: Any = getattr(exchange.app.state, "metrics", None)  # Any: an app under test may have none
    if metrics is not None:
        metrics.requests.labels(method, route, f"{exchange.status // 100}xx").observe(took_seconds)
