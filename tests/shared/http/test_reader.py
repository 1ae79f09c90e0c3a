"""The strict reader: what no body may be, each with its code and a pointer, never with what was sent."""

from collections.abc import AsyncIterator
from typing import Annotated, Literal

import pytest
from pydantic import Field, ValidationError, model_validator

from shared.base.errors import ApiError as Refusal
from shared.base.fields import Choice, Count, Id, Text, field_error
from shared.base.shapes import RequestModel
from shared.http.reader import parse_model
from tests.factories import new_id
from tests.shared.http.conftest import CheckError, ExampleClient

NIK = "6103171705900001"


class Leg(RequestModel):
    place: Annotated[str, Text(20)]
    pieces: Annotated[int, Count(1)]


class Cash(RequestModel):
    kind: Literal["cash"]
    amount_idr: int


class Goods(RequestModel):
    kind: Literal["goods"]
    pieces: Annotated[int, Count(1)]


class Sale(RequestModel):
    id: Id
    legs: Annotated[list[Leg], Field(max_length=3, default_factory=list)]
    paid: Annotated[Cash | Goods, Field(discriminator="kind")] | None = None
    labels: Annotated[dict[str, Annotated[int, Count()]], Field(default_factory=dict)]
    way: Annotated[str, Choice("sea", "land")] = "land"
    start: int = 0
    end: int = 0

    @model_validator(mode="after")
    def in_order(self) -> "Sale":
        if self.end < self.start:
            raise field_error("bad_range")
        return self


ID = f'"id": "{new_id()}"'


def error_of(text: str | bytes) -> Refusal:
    with pytest.raises(Refusal) as caught:
        parse_model(text.encode() if isinstance(text, str) else text, Sale)
    assert NIK not in repr(caught.value.findings) + caught.value.detail + str(caught.value)
    assert caught.value.__cause__ is None
    assert not isinstance(caught.value.__context__, ValidationError) or caught.value.__suppress_context__
    return caught.value


def findings_of(text: str) -> list[tuple[str, str | None]]:
    return [(finding.code, finding.pointer) for finding in error_of(text).findings]


class TestDocument:
    @pytest.mark.parametrize(
        ("number", "body", "status", "code"),
        [
            ("B21", b"", 400, "malformed_json"),
            ("B22", b"null", 422, "wrong_type"),
            ("B23", b"[]", 422, "wrong_type"),
            ("B24", b"{} {}", 400, "malformed_json"),
            ("B25", b"{} // comment", 400, "malformed_json"),
            ("B26", b'{"id": 1, "id": 1}', 422, "duplicate_key"),
            ("B26 nested", b'{"legs": [{"place": "a", "place": "b"}]}', 422, "duplicate_key"),
            ("B27", b'{"id": 1, "\\u0069d": 1}', 422, "duplicate_key"),
            ("B29", b'{"start": NaN}', 400, "malformed_json"),
            ("B29", b'{"start": Infinity}', 400, "malformed_json"),
            ("B29", b'{"start": -Infinity}', 400, "malformed_json"),
            ("B30", b"[" * 100_000, 400, "malformed_json"),
            ("B31", b'{"a":' * 20_000 + b"1" + b"}" * 20_000, 400, "malformed_json"),
            ("B32", b'{"start": ' + b"7" * 5000 + b"}", 400, "malformed_json"),
            ("B33", b'{"way": "\xff"}', 400, "malformed_json"),
            ("B33 overlong", b'{"way": "\xc0\xaf"}', 400, "malformed_json"),
            ("B33 surrogate", b'{"way": "\xed\xa0\x80"}', 400, "malformed_json"),
            ("B34", b'{"way": "\\ud800"}', 400, "malformed_json"),
            ("B34", b'{"way": "\\ud800\\u0041"}', 400, "malformed_json"),
            ("B34", b'{"way": "\\udc00"}', 400, "malformed_json"),
            ("B35", '{"start": 1}'.encode("utf-16"), 400, "malformed_json"),
            ("B35", '{"start": 1}'.encode("utf-16-le"), 400, "malformed_json"),
            ("B35", '{"start": 1}'.encode("utf-32-be"), 400, "malformed_json"),
            ("B35", b"\xef\xbb\xbf{}", 400, "malformed_json"),
        ],
    )
    def test_is_refused(self, number: str, body: bytes, status: int, code: str) -> None:
        refusal = error_of(body)
        assert (refusal.status, refusal.code) == (status, code), number


class TestFindings:
    def test_unknown_fields_are_named(self) -> None:
        """B28, B36."""
        for name in ("version", "role", "created_by", "constructor"):
            assert ("unknown_field", f"#/{name}") in findings_of(f'{{{ID}, "{name}": 1}}')

    @pytest.mark.parametrize("name", [NIK, f"x{NIK}y" * 3, "Budi Santoso", "__proto__", "x" * 41, "a/b", "~", "é"])
    def test_keys_that_are_no_names_are_not(self, name: str) -> None:
        assert findings_of(f'{{{ID}, "{name}": 1}}') == [("unknown_field", "#")]
        body = f'{{{ID}, "legs": [{{"place": "a", "pieces": 1, "{name}": 1}}]}}'
        assert findings_of(body) == [("unknown_field", "#/legs/0")]

    def test_keys_of_a_mapping_are_not(self) -> None:
        assert findings_of(f'{{{ID}, "labels": {{"{NIK}": -1}}}}') == [("out_of_range", "#/labels")]
        assert findings_of(f'{{{ID}, "labels": {{"red": -1}}}}') == [("out_of_range", "#/labels/red")]

    def test_point_into_lists(self) -> None:
        body = f'{{{ID}, "legs": [{{"place": "a", "pieces": 1}}, {{"place": " ", "pieces": true}}]}}'
        assert findings_of(body) == [("blank_text", "#/legs/1/place"), ("wrong_type", "#/legs/1/pieces")]

    def test_point_at_what_is_missing(self) -> None:
        """B106."""
        assert findings_of('{"legs": [{"place": "a"}]}') == [
            ("missing_field", "#/id"),
            ("missing_field", "#/legs/0/pieces"),
        ]

    def test_never_name_a_branch_of_ours(self) -> None:
        assert findings_of(f'{{{ID}, "paid": {{"kind": "goods", "pieces": 0}}}}') == [("out_of_range", "#/paid/pieces")]
        assert findings_of(f'{{{ID}, "paid": {{"kind": "goods"}}}}') == [("missing_field", "#/paid/pieces")]
        assert findings_of(f'{{{ID}, "paid": {{"kind": "Goods"}}}}') == [("unknown_value", "#/paid")]

    def test_of_a_whole_shape_point_at_it(self) -> None:
        assert findings_of(f'{{{ID}, "start": 2, "end": 1}}') == [("bad_range", "#")]

    def test_too_many_items_are_too_large(self) -> None:
        """B105."""
        legs = ", ".join(['{"place": "a", "pieces": 1}'] * 4)
        refusal = error_of(f'{{{ID}, "legs": [{legs}]}}')
        assert (refusal.status, refusal.code, refusal.findings[0].pointer) == (413, "too_many_items", "#/legs")

    def test_infinity_by_exponent_is_out_of_range(self) -> None:
        assert findings_of(f'{{{ID}, "start": 1e999}}') == [("out_of_range", "#/start")]
        assert findings_of(f'{{{ID}, "labels": {{"red": -1e999}}}}') == [("out_of_range", "#/labels/red")]

    def test_twenty_at_most(self) -> None:
        names = ", ".join(f'"f{number}": 1' for number in range(50))
        assert len(findings_of(f"{{{ID}, {names}}}")) == 20

    def test_pydantics_own_types_are_strict_too(self) -> None:
        """B37 to B41 on a plain integer."""
        for text in ('"5"', "5.0", "1e3", "true", "null", "[]"):
            assert findings_of(f'{{{ID}, "start": {text}}}') == [("wrong_type", "#/start")], text


class TestBodyStream:
    """B10, B11, B13 to B16."""

    @pytest.mark.parametrize(
        "media",
        ["", "text/plain", "application/json; charset=utf-16", "application/json;x=1", "application/jsonx", "*/*"],
    )
    async def test_only_json(self, example: ExampleClient, check_error: CheckError, media: str) -> None:
        check_error(await example.post("/v1/tools", b"{}", media=media), 415, "unsupported_media_type")

    @pytest.mark.parametrize("media", ["application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"'])
    async def test_utf_8_may_be_said(self, example: ExampleClient, check_error: CheckError, media: str) -> None:
        check_error(await example.post("/v1/tools", b"{}", media=media), 422, "missing_field")

    @pytest.mark.parametrize("coding", ["gzip", "br", "identity, gzip", "GZIP"])
    async def test_nothing_is_unpacked(self, example: ExampleClient, check_error: CheckError, coding: str) -> None:
        headers = example.bearer() | {"Content-Type": "application/json", "Content-Encoding": coding}
        answer = await example.client.post("/v1/tools", content=b"\x1f\x8b", headers=headers)
        check_error(answer, 415, "unsupported_encoding")

    async def test_too_long_declared(self, example: ExampleClient, check_error: CheckError) -> None:
        check_error(await example.post("/v1/tools", b" " * (2**20 + 1)), 413, "body_too_large")

    async def test_too_long_in_pieces(self, example: ExampleClient, check_error: CheckError) -> None:
        check_error(await example.post("/v1/tools", in_pieces(17)), 413, "body_too_large")

    async def test_a_file_may_be_longer(self, example: ExampleClient, check_error: CheckError) -> None:
        taken = await example.post("/v1/tool-lists", in_pieces(40), media="text/csv")
        assert (taken.status_code, taken.json()) == (202, {"bytes": 40 * 2**16})
        check_error(await example.post("/v1/tool-lists", in_pieces(513), media="text/csv"), 413, "body_too_large")


async def in_pieces(number: int) -> AsyncIterator[bytes]:
    for _ in range(number):
        yield b" " * 2**16
