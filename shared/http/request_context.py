"""One request and its answer as they pass through the middleware: id, own headers, origins, route, status."""

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Message, Receive, Scope, Send

from shared.base.deadline import Deadline
from shared.base.errors import ApiError
from shared.base.ids import new_id
from shared.http import deadline
from shared.http.problems import allowed_at, problem_response
from shared.http.url_checks import check_host, check_url

REQUEST_ID_PATTERN = re.compile(r"[A-Za-z0-9-]{8,64}")
TRACEPARENT_PATTERN = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
LONG_POLL_ROUTES = ("/v1/events",)  # long polls
UNMATCHED = "unmatched"
ALLOWED_HEADERS = "Authorization, Content-Type, If-Match, If-None-Match, X-Request-Id"
EXPOSED_HEADERS = "ETag, Idempotency-Replayed, Link, Location, Rekap-Head, Retry-After, X-Request-Id"
PREFLIGHT_SECONDS = "600"


class RequestContext:
    """public: routes without a token, as `GET /v1/...`; any origin may read them."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, public: frozenset[str]) -> None:
        self._receive, self._send, self.public = receive, send, public
        self.app, self.method = scope["app"], scope["method"]
        self.settings = getattr(self.app.state, "settings", None)
        self.headers = Request(scope).headers
        given = self.headers.get("x-request-id", "")
        self.request_id = given if REQUEST_ID_PATTERN.fullmatch(given) else str(new_id())
        self.deadline = Deadline(self.time_limit(scope["path"]))
        self.scope = {**scope, "rekap_request_id": self.request_id, deadline.SCOPE_KEY: self.deadline}
        if self.method == "HEAD":
            self.scope["method"] = "GET"  # answered as GET, without the body
        self.started, self.is_disconnected, self.status = False, False, 0

    def time_limit(self, path: str) -> float | None:
        return None if path in LONG_POLL_ROUTES or self.settings is None else float(self.settings.handling_seconds)

    def check_url_and_host(self) -> None:
        """What no route need be asked about. Raises Refused."""
        path = self.scope.get("raw_path") or self.scope["path"].encode()
        check_url(path, self.scope["query_string"])
        check_host(self.headers.getlist("host"), getattr(self.settings, "hosts", []))

    def traceparent(self) -> str | None:
        given = self.headers.get("traceparent", "")
        return given if TRACEPARENT_PATTERN.fullmatch(given) else None

    async def receive(self) -> Message:
        message = await self._receive()
        self.is_disconnected = self.is_disconnected or message["type"] == "http.disconnect"
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started, self.status = True, message["status"]
            deadline.lift_deadline(self.scope)  # what has begun is a stream, or nearly done
            message = {**message, "headers": [*message.get("headers", ()), *self.own_headers()]}
        elif self.method == "HEAD":
            message = {"type": "http.response.body", "body": b"", "more_body": message.get("more_body", False)}
        await self._send(message)

    async def answer(self, response: Response) -> None:
        if not self.started and not self.is_disconnected:
            await response(self.scope, self.receive, self.send)

    def own_headers(self) -> list[tuple[bytes, bytes]]:
        found = {"x-request-id": self.request_id, "x-content-type-options": "nosniff", **self.cors_headers()}
        return [(name.encode(), value.encode()) for name, value in found.items()]

    def cors_headers(self) -> dict[str, str]:
        """Public figures for any origin; all else for the origins in settings."""
        if f"GET {self.route()}" in self.public:
            return {"access-control-allow-origin": "*", "access-control-expose-headers": EXPOSED_HEADERS}
        origins = getattr(self.settings, "cors_origins", [])
        if not origins:
            return {}
        origin = self.headers.get("origin")
        if origin is None or origin not in origins:
            return {"vary": "Origin"}
        return {
            "vary": "Origin",
            "access-control-allow-origin": origin,
            "access-control-expose-headers": EXPOSED_HEADERS,
        }

    def is_preflight(self) -> bool:
        return self.method == "OPTIONS" and "access-control-request-method" in self.headers and "origin" in self.headers

    def preflight_response(self) -> Response:
        if "access-control-allow-origin" not in self.cors_headers():
            return Response(status_code=204)
        headers = {
            "access-control-allow-methods": ", ".join(allowed_at(self.app.routes, self.scope)),
            "access-control-allow-headers": ALLOWED_HEADERS,
            "access-control-max-age": PREFLIGHT_SECONDS,
        }
        return Response(status_code=204, headers=headers)

    async def answer_error(self, refused: ApiError) -> None:
        """As the route says it, where it has a way of its own: a page says it to people."""
        own = getattr(self.matched_route(), "refusal", problem_response)
        await self.answer(own(refused, self.request_id, path=self.scope["path"]))

    def route(self) -> str:
        """The template of the route; all that match nothing stand under one label."""
        return str(getattr(self.matched_route(), "path", UNMATCHED))

    def matched_route(self) -> BaseRoute | None:
        found: BaseRoute | None = self.scope.get("route")
        if found is None:
            matching = (each for each in self.app.routes if each.matches(self.scope)[0] is not Match.NONE)
            found = next(matching, None)
        return found
