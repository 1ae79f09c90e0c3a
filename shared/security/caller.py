"""Caller: who asks, with which scopes, and for which areas."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, false, or_, true

from shared.base import areas
from shared.base.errors import AreaForbidden

ALL_AREAS = "*"


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
