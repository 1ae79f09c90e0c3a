"""Fingerprints: the same request is known again, however it is spelled, and nobody can guess it back."""

from typing import Annotated

from pydantic import Field

from shared.base.fields import Count, Instant, Text
from shared.base.shapes import RequestModel
from shared.http.reader import parse_model
from shared.security.fingerprints import fingerprint

KEY = b"key"


class Visit(RequestModel):
    """As it was at first."""

    place: Annotated[str, Text(40)]
    at: Instant
    people: Annotated[int, Count()] = 0
    labels: Annotated[dict[str, int], Field(default_factory=dict)]


class VisitLater(Visit):
    """The same after a release that asks for more."""

    reason: Annotated[str, Text(40)] | None = None


def fingerprint_of(text: str, *, key: bytes = KEY, shape: type[Visit] = Visit) -> str:
    return fingerprint(key, parse_model(text.encode(), shape))


FIRST = '{"place": "Balai S\\u00e9", "at": "2018-11-30T05:00:00Z", "labels": {"a": 1, "b": 2}}'


class TestFingerprint:
    def test_does_not_see_spelling(self) -> None:
        again = '{"labels":{"b":2,"a":1},"people":0,"at":"2018-11-30T12:00:00.000+07:00","place":"Balai Se\\u0301"}'
        assert fingerprint_of(FIRST) == fingerprint_of(again)

    def test_sees_content(self) -> None:
        assert fingerprint_of(FIRST) != fingerprint_of(FIRST.replace("05:00:00Z", "05:00:01Z"))
        assert fingerprint_of(FIRST) != fingerprint_of(FIRST.replace('"a": 1', '"a": 2'))

    def test_outlives_a_new_field(self) -> None:
        assert fingerprint_of(FIRST) == fingerprint_of(FIRST, shape=VisitLater)

    def test_is_keyed(self) -> None:
        assert fingerprint_of(FIRST) != fingerprint_of(FIRST, key=b"other")
        assert len(fingerprint_of(FIRST)) == 64
