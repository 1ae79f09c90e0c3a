"""Checksums of read models, district by district and table by table."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import Table, select

from services.reporting.models import Anchor, AnchorLine, Current, ItemState, Statement, Tally, core
from shared.db import Session

Checksums = dict[str, str]  # what is compared -> SHA-256 of its rows

# every table by the columns that sort it and the columns that name what is compared; ids of rows are not compared
READ_MODELS: tuple[tuple[Any, tuple[str, ...], tuple[str, ...]], ...] = (
    (Tally, ("district", "metric", "occurred_on", "area", "known_on", "cause"), ("district", "metric")),
    (Anchor, ("district", "metric", "basis", "as_of", "seq", "id"), ("district", "metric")),
    (AnchorLine, ("anchor_id", "area"), ()),
    (ItemState, ("district", "kind", "item_id", "seq", "event_id"), ("district", "kind")),
    (Statement, ("district", "id"), ("district",)),
    (Current, ("district", "metric", "is_district", "area"), ("district", "metric")),
)


async def read_checksums(session: Session) -> Checksums:
    """Of every district and metric in every table; the same for the same facts, in whatever order they came."""
    found: dict[str, Any] = {}  # Any: hashes under way
    for model, order, names in READ_MODELS:
        table = core(model)
        async for row in sorted_rows(session, table, order):
            name = " ".join((table.name, *(str(getattr(row, column)) for column in names)))
            found.setdefault(name, hashlib.sha256()).update(repr(tuple(row)).encode())
    return {name: digest.hexdigest() for name, digest in sorted(found.items())}


async def sorted_rows(session: Session, table: Table, order: tuple[str, ...]) -> AsyncIterator[Any]:
    query = select(table).order_by(*(table.c[column] for column in order))
    result = await (await session.connection()).stream(query)
    async for row in result:
        yield row


def differences(one: Checksums, other: Checksums) -> list[str]:
    """What is not the same in both, by name."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
