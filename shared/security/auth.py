"""Who may: bearer tokens checked in every service, scopes by route, areas inside the query."""

from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from fastapi import Request
from fastapi.security import SecurityScopes
from sqlalchemy import ColumnElement, false, or_, true
from sqlmodel import SQLModel, select

from shared.base import areas
from shared.base.errors import AreaForbidden, Forbidden, NotFound, Unauthenticated
from shared.db import Session

ALL_AREAS = "*"
Row = TypeVar("Row", bound=SQLModel)


@dataclass(frozen=True)
class Caller:
    """Whose token it is, and for what and where it is good. areas: dotted prefixes, or `*` for the nation."""

    subject: str
    client: str
    scopes: frozenset[str]
    areas: tuple[str, ...]

    def covers(self, area: str) -> bool:
        """As `within` has it for rows: compared at the dot, so `00` covers the nation's own store alone."""
        return ALL_AREAS in self.areas or any(f"{area}.".startswith(f"{prefix}.") for prefix in self.area_prefixes())

    def area_prefixes(self) -> list[str]:
        """A claim that is no area code covers nothing, and so it brings no wildcard into a query."""
        return [area for area in self.areas if areas.AREA_CODE.fullmatch(area)]

    def require_area(self, area: str, pointer: str | None = None) -> None:
        """Raises AreaForbidden. Area codes are public, so this tells nothing."""
        if not self.covers(area):
            raise AreaForbidden(pointer=pointer)

    def area_filter(self, column: Any) -> ColumnElement[bool]:  # Any: a mapped column, which mypy takes for its value
        """The clause that keeps a query inside the caller's areas; nothing where there are none."""
        if ALL_AREAS in self.areas:
            return true()
        inside = (or_(column == area, column.startswith(f"{area}.", autoescape=True)) for area in self.area_prefixes())
        return or_(false(), *inside)


async def current_caller(scopes: SecurityScopes, request: Request) -> Caller:
    """The caller of this request. Raises Unauthenticated (one body for every reason), Forbidden."""
    given = request.headers.getlist("authorization")
    if len(given) != 1:
        raise Unauthenticated
    scheme, _, token = given[0].partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated
    caller: Caller = await request.app.state.verifier.caller(token)
    if not caller.scopes.issuperset(scopes.scopes):
        raise Forbidden
    return caller


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
