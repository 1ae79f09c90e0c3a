"""Unknown: why a figure is not known in an area. Unknown is a value, and has its reason."""

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from services.reporting.analysis.feasibility import OfNextTarget
from services.reporting.levels.formulas import Formula, Leaf, LevelOf, evaluate
from services.reporting.levels.scopes import is_below_district, is_roll_up, scope_of
from services.reporting.levels.snapshot import View
from shared.base import areas


class Cause(StrEnum):
    NO_TARGET = "no_target"
    NO_DISTRICT = "no_district"  # of a roll-up: known in none of its districts
    NOBODY_SAID = "nobody_said"
    ONLY_DISTRICT = "only_district"  # known of the district as a whole
    NOBODY_SAID_OF_DISTRICT = "nobody_said_of_district"
    HIDDEN = "hidden"
    MISSING = "missing"  # what it is worked out from
    NOTHING_TO_DIVIDE = "nothing_to_divide"


class Reason(NamedTuple):
    """missing: the leaves that are unknown, where the cause is that they are."""

    cause: Cause
    missing: tuple[Leaf, ...] = ()


def why_unknown(view: View, area: str, formula: Formula, is_hidden: Callable[[Formula], bool]) -> Reason:
    """Of a figure that is unknown. view: holds the district too. is_hidden: whether a formula reads what is."""
    if isinstance(formula, OfNextTarget):
        return Reason(Cause.NO_TARGET)
    if is_roll_up(area):
        return Reason(Cause.NO_DISTRICT)
    if isinstance(formula, LevelOf):
        return Reason(cause_of_level(view, area, formula))
    if is_hidden(formula):
        return Reason(Cause.HIDDEN)
    missing = tuple(leaf for leaf in formula.leaves() if is_unknown_somewhere(view, area, leaf))
    return Reason(Cause.MISSING, missing) if missing else Reason(Cause.NOTHING_TO_DIVIDE)


def cause_of_level(view: View, area: str, level: LevelOf) -> Cause:
    if not is_below_district(area):
        return Cause.NOBODY_SAID
    in_district = evaluate(view, areas.district_of(area), level).amount
    return Cause.NOBODY_SAID_OF_DISTRICT if in_district is None else Cause.ONLY_DISTRICT


def is_unknown_somewhere(view: View, area: str, leaf: Leaf) -> bool:
    return any(leaf.at(view, place) is None for place in scope_of(area).added)
