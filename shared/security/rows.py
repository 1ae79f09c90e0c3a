"""Rows as a caller may reach them: one thing inside the caller's areas, and what an earlier request made."""

import hmac
from typing import Any, TypeVar
from uuid import UUID

from sqlmodel import SQLModel, select

from shared.base.errors import ExistsWithDifferent, NotFound
from shared.db import Session, lock_id
from shared.security.caller import Caller

Row = TypeVar("Row", bound=SQLModel)


async def reach(
    session: Session, model: type[Row], id: UUID, caller: Caller, *, lock: bool = False, scope: str = "district"
) -> Row:
    """A row inside the caller's areas; a neighbour's is simply not found. lock: hold it until the transaction ends.

    scope: the column of the model that says whose it is. Raises NotFound.
    """
    columns: Any = model  # Any: SQLModel's columns are typed as their values
    query = select(model).where(columns.id == id, caller.area_filter(getattr(model, scope)))
    row = (await session.exec(query.with_for_update() if lock else query)).first()
    if row is None:
        raise NotFound
    return row


async def find_replay(
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
