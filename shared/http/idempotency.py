"""Idempotency: the client's id is the key, the row itself is the proof; a replay gives the thing as it stands."""

import hmac
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from pydantic import BaseModel
from sqlmodel import SQLModel, select

from shared.base.errors import ExistsWithDifferent
from shared.db import Session, lock_id
from shared.security.auth import Caller
from shared.security.hmac import PreparedHmac

Row = TypeVar("Row", bound=SQLModel)


def fingerprint(key: bytes, body: BaseModel) -> str:
    """Of the validated request, so that spelling does not matter; keyed, since a plain hash of a NIK can be guessed.

    What has its default is left out, so that a field added later changes no fingerprint of what came before it.
    """
    return prepared_hmac(key).digest(_encoder.encode(request_fields(body))).hex()


prepared_hmac = cache(PreparedHmac)


def request_fields(body: object) -> dict[str, Any]:  # Any: whatever a request may hold
    """What a shape holds beyond its defaults; by hand, since pydantic's own dump takes five times as long."""
    if not isinstance(body, BaseModel):
        raise TypeError(f"no request holds a {type(body).__name__}")
    if has_own_serializer(type(body)):
        return body.model_dump(mode="json")
    defaults, values = field_defaults(type(body)), vars(body)
    given = body.model_fields_set
    return {name: values[name] for name in given if name not in defaults or values[name] != defaults[name]}


@cache
def has_own_serializer(shape: type[BaseModel]) -> bool:
    """A shape with a serializer of its own is the same however it was spelled."""
    return bool(shape.__pydantic_decorators__.model_serializers)


@cache
def field_defaults(shape: type[BaseModel]) -> dict[str, Any]:  # Any: as above
    """Of the fields that have one."""
    return {name: field.get_default() for name, field in shape.model_fields.items() if not field.is_required()}


_encoder = msgspec.json.Encoder(order="sorted", enc_hook=request_fields)


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
