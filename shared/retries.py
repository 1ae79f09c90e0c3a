"""Retries: the client's id is the key, the row itself is the proof; a replay gives the thing as it stands."""

import hashlib
import hmac
import json
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import SQLModel, select

from shared.auth import Caller
from shared.db import Session, lock_id
from shared.errors import ExistsWithDifferent

Row = TypeVar("Row", bound=SQLModel)


def fingerprint(key: bytes, body: BaseModel) -> str:
    """Of the validated request, so that spelling does not matter; keyed, since a plain hash of a NIK can be guessed.

    What has its default is left out, so that a field added later changes no fingerprint of what came before it.
    """
    content = json.dumps(body.model_dump(mode="json", exclude_defaults=True), sort_keys=True, separators=(",", ":"))
    return hmac.new(key, content.encode(), hashlib.sha256).hexdigest()


async def settled(
    session: Session,
    model: type[Row],
    id: UUID,
    fingerprint: str,
    caller: Caller | None = None,
    *,
    scope: str = "district",
) -> Row | None:
    """What an earlier request with this id made; None where it is new. A twin waits here until the first is done.

    Raises ExistsWithDifferent: other content, or an id that belongs to somebody out of reach.
    """
    await lock_id(session, id)
    table: Any = model  # Any: SQLModel's columns are typed as their values
    row = (await session.exec(select(model).where(table.id == id))).first()
    if row is None:
        return None
    known: Any = row  # Any: every table made by POST has one
    out_of_reach = caller is not None and not caller.covers(getattr(row, scope))
    if out_of_reach or not hmac.compare_digest(known.fingerprint, fingerprint):
        raise ExistsWithDifferent(pointer="#/id")
    return row
