"""Manners of every request: its id, what its path may hold, how long it may take, who may read it, one log line."""

import asyncio
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote_to_bytes

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import tracing
from shared.errors import Finding, Invalid, NotFound, Refused, Unavailable, Unreadable
from shared.http.problems import METHODS, InternalError, allowed_at, problem
from shared.ids import new_id
from shared.logging import log

REQUEST_ID = re.compile(r"^[A-Za-z0-9-]{8,64}$")
TRACEPARENT = re.compile(r"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")
NIK = re.compile(rb"(?<![0-9])[0-9]{16}(?![0-9])")  # any such run is taken for a person's number
ODD_PATH = re.compile(rb"//|\\|%00|%2e|%2f|%5c|/\.\.?(/|$)", re.IGNORECASE)
LONG_ROUTES = ("/v1/events",)
LONG_TYPES = ("application/x-ndjson", "text/csv")
CLIENT_CLOSED = 499
EXPOSED = "ETag, Link"


class NikInUrl(Unreadable):
    """A national identity number never stands in an address."""

    code = "nik_in_url"


class MalformedQuery(Unreadable):
    """The query string cannot be read."""

    code = "malformed_query"


class BadHost(Unreadable):
    """This host is not served here."""

    code = "bad_host"


class Timeout(Unavailable):
    """It took too long; nothing was stored."""

    code = "timeout"


class Manners:
    """Pure ASGI, outermost. public: routes without a token, as `GET /v1/...`; any origin may read them."""

    def __init__(self, app: ASGIApp, public: Iterable[str]) -> None:
        self.app, self.public = app, frozenset(public)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = Exchange(scope, receive, send, self.public)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=exchange.request_id)
        try:
            await self.serve(exchange)
        finally:
            exchange.report()

    async def serve(self, exchange: "Exchange") -> None:
        try:
            exchange.check()
            if exchange.is_preflight():
                await exchange.answer(exchange.preflight())
                return
            async with asyncio.timeout(exchange.seconds()):
                await self.app(exchange.scope, exchange.receive, exchange.send)
        except Refused as refused:
            await exchange.answer(problem(refused, exchange.request_id))
        except ClientDisconnect:
            exchange.status = CLIENT_CLOSED
        except TimeoutError:
            await exchange.answer(problem(Timeout(), exchange.request_id))
        except Exception:
            if exchange.gone:
                exchange.status = CLIENT_CLOSED
                return
            log.error("request_failed", route=exchange.route(), exc_info=True)
            if exchange.started:
                raise  # cut the stream: the client sees an error, not a short answer
            await exchange.answer(problem(InternalError(), exchange.request_id))


class Exchange:
    """One request and its answer, as they pass."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, public: frozenset[str]) -> None:
        self._receive, self._send, self.public = receive, send, public
        self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        given = self.headers.get("x-request-id", "")
        self.request_id = given if REQUEST_ID.match(given) else str(new_id())
        self.method = scope["method"]
        self.scope = {**scope, "rekap_request_id": self.request_id}
        if self.method == "HEAD":
            self.scope["method"] = "GET"  # answered as GET, without the body
        trace = self.headers.get("traceparent", "")
        tracing.continue_trace(trace if TRACEPARENT.match(trace) else None)
        self.app = scope["app"]
        self.started, self.gone, self.status = False, False, 0
        self.began = asyncio.get_running_loop().time()

    def check(self) -> None:
        """What no route need be asked about. Raises Refused."""
        raw_path, query = self.scope.get("raw_path") or self.scope["path"].encode(), self.scope["query_string"]
        if NIK.search(unquote_to_bytes(raw_path)) or NIK.search(unquote_to_bytes(query)):
            raise NikInUrl
        if ODD_PATH.search(raw_path):
            raise NotFound
        hosts = getattr(getattr(self.app.state, "settings", None), "hosts", None)
        host = self.headers.get("host", "").rsplit(":", 1)[0]
        if hosts and "*" not in hosts and host not in hosts:
            raise BadHost
        check_query(query)

    def seconds(self) -> float | None:
        media = self.headers.get("content-type", "").partition(";")[0]
        if self.scope["path"] in LONG_ROUTES or media in LONG_TYPES:
            return None
        return float(self.app.state.settings.handling_seconds) if hasattr(self.app.state, "settings") else None

    async def receive(self) -> Message:
        message = await self._receive()
        self.gone = self.gone or message["type"] == "http.disconnect"
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started, self.status = True, message["status"]
            message["headers"] = [*message.get("headers", ()), *self.own_headers()]
        elif self.method == "HEAD":
            message = {"type": "http.response.body", "body": b"", "more_body": message.get("more_body", False)}
        await self._send(message)

    async def answer(self, response: Response) -> None:
        if not self.started and not self.gone:
            await response(self.scope, self.receive, self.send)

    def own_headers(self) -> list[tuple[bytes, bytes]]:
        found = [(b"x-request-id", self.request_id.encode()), (b"x-content-type-options", b"nosniff")]
        return found + [(name.encode(), value.encode()) for name, value in self.cors().items()]

    def cors(self) -> dict[str, str]:
        """Public figures for any origin; all else for the origins in settings."""
        origin = self.headers.get("origin")
        if f"GET {self.route()}" in self.public:
            return {"access-control-allow-origin": "*", "access-control-expose-headers": EXPOSED}
        allowed = getattr(getattr(self.app.state, "settings", None), "cors_origins", [])
        if origin and origin in allowed:
            return {
                "access-control-allow-origin": origin,
                "vary": "Origin",
                "access-control-expose-headers": EXPOSED,
            }
        return {}

    def is_preflight(self) -> bool:
        return self.method == "OPTIONS" and "access-control-request-method" in self.headers and "origin" in self.headers

    def preflight(self) -> Response:
        allowed = self.cors()
        if not allowed:
            return Response(status_code=204)
        allowed["access-control-allow-methods"] = ", ".join(allowed_at(Request(self.scope)))
        allowed["access-control-allow-headers"] = "Authorization, Content-Type, If-Match, If-None-Match, X-Request-Id"
        allowed["access-control-max-age"] = "600"
        return Response(status_code=204, headers={"access-control-max-age": "600"} | allowed)

    def route(self) -> str:
        """The template of the route, all that match nothing under one label."""
        found = self.scope.get("route")
        if found is not None:
            return str(found.path)
        for each in self.app.routes:
            match, _ = each.matches({**self.scope, "type": "http"})
            if match is not Match.NONE:
                return str(getattr(each, "path", "unmatched"))
        return "unmatched"

    def report(self) -> None:
        """One quiet line, and one observation."""
        took = asyncio.get_running_loop().time() - self.began
        method = self.method if self.method in METHODS else "OTHER"
        route = self.route()
        log.info("request", method=method, route=route, status=self.status, ms=round(took * 1000, 1))
        metrics: Any = getattr(self.app.state, "metrics", None)  # Any: an app under test may have none
        if metrics is not None:
            metrics.requests.labels(method, route, f"{self.status // 100}xx").observe(took)


class UnknownParameter(Invalid):
    """This route has no such parameter."""

    code = "unknown_field"


class RepeatedParameter(Invalid):
    """A parameter is given once."""

    code = "repeated_parameter"


def check_query(query: bytes) -> None:
    """Readable UTF-8 without control characters, properly escaped."""
    if re.search(rb"%(?![0-9a-fA-F]{2})", query):
        raise MalformedQuery
    try:
        text = unquote_to_bytes(query).decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedQuery from None
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in text):
        raise MalformedQuery


def check_parameters(request: Request, declared: frozenset[str]) -> None:
    """Only what the route declares, each once."""
    seen: set[str] = set()
    for name, _ in request.query_params.multi_items():
        if name not in declared:
            known = name if re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name) else None
            raise UnknownParameter(findings=(Finding("unknown_field", parameter=known),))
        if name in seen:
            raise RepeatedParameter(parameter=name)
        seen.add(name)
