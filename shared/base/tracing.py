"""The trace a request belongs to (W3C `traceparent`), carried into the outbox row and from there into the event."""

from contextvars import ContextVar

_traceparent: ContextVar[str | None] = ContextVar("traceparent", default=None)


def current_traceparent() -> str | None:
    return _traceparent.get()


def continue_trace(traceparent: str | None) -> None:
    """Set by the HTTP layer for one request; a malformed header is not continued."""
    _traceparent.set(traceparent)
