"""Requests: what an office sends, as bytes ready for the wire, and what it expects of the answer."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

import msgspec

LINES_AT_MOST = 5_000  # of an upload of ours; the API takes twice as many
_encoder = msgspec.json.Encoder()


class Request(NamedTuple):
    """lines: of an upload, 0 for a single thing. refused: how many of them must be, and the rest taken."""

    service: str
    path: str
    body: bytes
    lines: int = 0
    refused: int = 0
    recordings: int = 0  # for the first time


class Capture(msgspec.Struct, omit_defaults=True):
    """A line of an upload of recordings."""

    id: str
    district: str
    nik: str
    captured_at: str
    mode: str
    kit: str
    served_area: str
    residence_area: str
    device: str | None = None
    device_number: int | None = None
    early: bool = False


class CentreAnswer(msgspec.Struct):
    """A line of what the centre answers."""

    id: str
    nik: str
    official_code: str
    occurred_on: str


def json_request(service: str, path: str, **body: Any) -> Request:  # Any: what JSON may hold, days among it
    """One thing, as JSON; what is None stays unsaid."""
    fields = {word: to_json_value(value) for word, value in body.items() if value is not None}
    return Request(service, path, _encoder.encode(fields))


def capture_request(one: Capture) -> Request:
    return Request("recording", "/v1/recordings", _encoder.encode(one), recordings=1)


def upload_requests(captures: Sequence[Capture], *, refused: int = 0, new: bool = True) -> Iterator[Request]:
    """In as many requests as it takes; those that must be refused stand at the end."""
    for start in range(0, len(captures), LINES_AT_MOST):
        some = captures[start : start + LINES_AT_MOST]
        body = _encoder.encode_lines(some)
        wrong = min(len(some), max(0, start + len(some) - (len(captures) - refused)))
        yield Request("recording", "/v1/recording-uploads", body, len(some), wrong, len(some) - wrong if new else 0)


def centre_answer_requests(lines: Sequence[CentreAnswer]) -> Iterator[Request]:
    for start in range(0, len(lines), LINES_AT_MOST):
        some = lines[start : start + LINES_AT_MOST]
        yield Request("recording", "/v1/centre-answers", _encoder.encode_lines(some), len(some))


def to_json_value(value: Any) -> Any:  # Any: as above
    return value.isoformat() if isinstance(value, date) else value
