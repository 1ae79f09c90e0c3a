"""The rule of a level as clauses: which anchor is in force, which deltas count. `level.py` has it in Python.

Apart from it, since a process that only folds loads no database.
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, case, or_

from services.reporting.levels.level import BASES, UNMOVED_BASIS


def preferred_first(anchor: Any) -> tuple[ColumnElement[Any], ...]:  # Any: columns of anchors
    """The order of `anchor_in_force`: the first row of each district, metric and day is in force."""
    rank = case({name: place for place, name in enumerate(BASES)}, value=anchor.basis, else_=0)
    return rank, anchor.as_of.desc()


def counts_clause(occurred_on: Any, anchor: Any) -> ColumnElement[bool]:  # Any: columns
    """The same of rows. anchor: `anchor_on` and `basis` of the anchor in force, null where there is none."""
    after = and_(occurred_on > anchor.anchor_on, anchor.basis != UNMOVED_BASIS)
    return or_(anchor.anchor_on.is_(None), after)
