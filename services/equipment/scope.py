"""Where a list looks: inside the caller's areas, and inside the area it is asked for."""

from typing import Any

from sqlalchemy import ColumnElement, and_, or_, true

from shared.base.areas import NATION
from shared.security.caller import Caller


def visible_to(by: Caller, column: Any, area: str | None) -> ColumnElement[bool]:  # Any: a mapped column
    """The clause for a query. area: all that lies in it; None for wherever the caller may look."""
    inside = true() if area in (None, NATION) else or_(column == area, column.startswith(f"{area}.", autoescape=True))
    return and_(by.area_filter(column), inside)
