"""Lists: pages by key, never by number; the cursor holds the last key and a digest of what was asked."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response
from pydantic import BeforeValidator, WithJsonSchema
from sqlalchemy import ColumnElement, Select, and_, or_

from shared.db import Session
from shared.errors import Unreadable
from shared.types import wrong

DEFAULT_LIMIT, LIMIT_AT_MOST = 50, 500


class BadCursor(Unreadable):
    """This cursor does not belong to this list."""

    code = "bad_cursor"


def query_number(least: int, most: int) -> Any:  # Any: an annotated type
    """A whole number in a query string: digits and nothing else."""

    def check(value: Any) -> int:  # Any: text, or the default
        if isinstance(value, int):
            return value
        digits = str(value).removeprefix("-")
        if digits.isascii() and digits.isdigit() and not least <= int(value) <= most:
            raise wrong("out_of_range")
        if digits == "1e9" or not (digits.isascii() and digits.isdigit()):
            raise wrong("out_of_range" if digits == "1e9" else "wrong_type")
        return int(value)

    return Annotated[
        int, BeforeValidator(check), WithJsonSchema({"type": "integer", "minimum": least, "maximum": most})
    ]


class PageAsked:
    """`?limit=` and `?cursor=`."""

    def __init__(
        self,
        request: Request,
        response: Response,
        limit: query_number(1, LIMIT_AT_MOST) = DEFAULT_LIMIT,  # type: ignore[valid-type]  # an annotated type
        cursor: str | None = None,
    ) -> None:
        self.request, self.response = request, response
        self.limit: int = limit
        self.cursor = cursor

    def digest(self) -> str:
        """What the cursor belongs to: path, filter and order, and neither the page size nor the cursor itself."""
        asked = sorted((k, v) for k, v in self.request.query_params.multi_items() if k not in ("limit", "cursor"))
        return hashlib.sha256(json.dumps([self.request.url.path, asked]).encode()).hexdigest()[:16]


Page = Annotated[PageAsked, Depends(PageAsked)]


async def paged(
    session: Session, query: Select[Any], columns: Sequence[ColumnElement[Any]], page: PageAsked
) -> tuple[list[Any], str | None]:  # Any: rows of the query
    """-> one page of rows in order of the columns, ascending, and the cursor of the next page if there is one.

    columns: unique together, such as (created_at, id). Sets the `Link` header. Raises BadCursor.
    """
    if page.cursor is not None:
        query = query.where(behind(columns, decoded(page.cursor, page.digest(), columns)))
    rows = list((await session.exec(query.order_by(*columns).limit(page.limit + 1))).all())  # type: ignore[call-overload]  # any select
    if len(rows) <= page.limit:
        return rows, None
    rows = rows[: page.limit]
    cursor = encoded([getattr(rows[-1], column.key or "") for column in columns], page.digest())
    url = page.request.url.include_query_params(cursor=cursor)
    page.response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
    return rows, cursor


def behind(columns: Sequence[ColumnElement[Any]], key: Sequence[Any]) -> ColumnElement[bool]:
    """Greater than the key, compared as a tuple; spelled out, since SQLite's types do not bind in row values."""
    return or_(
        *(
            and_(*(columns[i] == key[i] for i in range(place)), columns[place] > key[place])
            for place in range(len(columns))
        )
    )


def encoded(key: Sequence[Any], digest: str) -> str:
    raw = json.dumps([digest, *(str(part) if not isinstance(part, int) else part for part in key)])
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def decoded(cursor: str, digest: str, columns: Sequence[ColumnElement[Any]]) -> list[Any]:
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(found, list) or len(found) != len(columns) + 1 or found[0] != digest:
            raise BadCursor(parameter="cursor")
        return [typed(part, column) for part, column in zip(found[1:], columns, strict=True)]
    except (ValueError, TypeError):
        raise BadCursor(parameter="cursor") from None


def typed(part: Any, column: ColumnElement[Any]) -> Any:
    """Back to the column's own type."""
    kind = column.type.python_type
    if kind in (int, str):
        return kind(part)
    return UUID(part) if kind is UUID else kind.fromisoformat(part)


def as_list(items: Sequence[Any], cursor: str | None) -> Mapping[str, Any]:
    return {"items": items, "next": cursor}
