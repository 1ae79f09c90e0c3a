"""Pagination over HTTP: the cursor holds the last key of a page, signed together with its query."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, Request, Response

from shared.base.errors import BadRange, Invalid, Unreadable
from shared.base.fields import Scalar, field_error
from shared.db.paging import Key, PageRequest, RowPage

DEFAULT_LIMIT, LIMIT_AT_MOST = 50, 500
YEARS_AT_MOST = 10
WHOLE_NUMBER = re.compile(r"-?[0-9]+(e[0-9]+)?")  # 1e9 is a number out of range; 1_000 and " 5" are none
SIGNATURE_BYTES = 16

Row = TypeVar("Row")


class BadCursor(Unreadable):
    """This cursor does not belong to this list."""


class RangeTooWide(Invalid):
    """A filter takes ten years at most."""


class QueryNumber(Scalar):
    """A whole number in a query string: digits and nothing else."""

    def __init__(self, least: int, most: int) -> None:
        self.least, self.most = least, most
        super().__init__(self.parse, {"type": "integer", "minimum": least, "maximum": most}, "out_of_range")

    def parse(self, value: Any) -> int:  # Any: text, or the default
        text = str(value)
        if not WHOLE_NUMBER.fullmatch(text):
            raise field_error("wrong_type")
        if "e" in text or len(text) > 18 or not self.least <= int(text) <= self.most:
            raise field_error("out_of_range")
        return int(text)


def check_range(start_on: date | None, end_on: date | None, *, parameter: str) -> None:
    """Of a filter by days. Raises BadRange, RangeTooWide; an open end is as wide as may be."""
    if start_on is None or end_on is None:
        return
    if end_on < start_on:
        raise BadRange(parameter=parameter)
    if (end_on.year - start_on.year, end_on.month, end_on.day) > (YEARS_AT_MOST, start_on.month, start_on.day):
        raise RangeTooWide(parameter=parameter)


class ListPage:
    """`?limit=` and `?cursor=`: the page that is asked for, and the answer with its rows."""

    def __init__(self, request: Request, response: Response, limit: int, cursor: str | None) -> None:
        self.request, self.response = request, response
        self.wanted = PageRequest(limit, None if cursor is None else self.decode_cursor(cursor))

    def answer(self, found: RowPage[Row], shown: Callable[[Row], object] = lambda row: row) -> dict[str, Any]:
        """The rows as they are shown, and the cursor of the next page if there is one; sets the `Link` header."""
        cursor = None if found.last_key is None else self.encode_cursor(found.last_key)
        if cursor is not None:
            url = self.request.url.include_query_params(cursor=cursor)
            self.response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
        return {"items": [shown(row) for row in found.rows], "next": cursor}

    def encode_cursor(self, key: Key) -> str:
        """-> a cursor. It belongs to path, filter and order, and neither to the page size nor to a former cursor."""
        content = json.dumps([encode_key_part(part) for part in key]).encode()
        return base64.urlsafe_b64encode(self.sign(content) + content).decode().rstrip("=")

    def decode_cursor(self, cursor: str) -> Key:
        """The key in the cursor; one that was not made here for this list never reaches the database.

        Raises BadCursor.
        """
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except ValueError:
            raise BadCursor(parameter="cursor") from None
        if not hmac.compare_digest(raw[:SIGNATURE_BYTES], self.sign(raw[SIGNATURE_BYTES:])):
            raise BadCursor(parameter="cursor")
        return [decode_key_part(part) for part in json.loads(raw[SIGNATURE_BYTES:])]

    def sign(self, content: bytes) -> bytes:
        query = sorted((k, v) for k, v in self.request.query_params.multi_items() if k not in ("limit", "cursor"))
        key = self.request.app.state.settings.secret_key.get_secret_value().encode()
        whole = json.dumps([self.request.url.path, query]).encode() + content
        return hmac.digest(key, whole, hashlib.sha256)[:SIGNATURE_BYTES]


async def list_page(
    request: Request,
    response: Response,
    limit: Annotated[int, QueryNumber(1, LIMIT_AT_MOST)] = DEFAULT_LIMIT,
    cursor: str | None = None,
) -> ListPage:
    return ListPage(request, response, limit, cursor)


Page = Annotated[ListPage, Depends(list_page)]


def encode_key_part(part: Any) -> Any:  # Any: a value of a column, and what JSON holds for it
    if isinstance(part, datetime):
        return {"at": part.isoformat()}
    if isinstance(part, date):
        return {"on": part.isoformat()}
    return {"id": str(part)} if isinstance(part, UUID) else part


def decode_key_part(part: Any) -> Any:  # Any: as above, back again
    if not isinstance(part, dict):
        return part
    [(kind, text)] = part.items()
    return UUID(text) if kind == "id" else (datetime if kind == "at" else date).fromisoformat(text)
