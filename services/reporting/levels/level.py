"""The rule of a level (in SQL: `level_clauses.py`): the last anchor on or before the day, plus what came after it.

A district reads one basis, the first of BASES that has an anchor; the consolidated version does not move.
"""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple, Protocol, TypeVar

from shared.base.amounts import ZERO, Amount
from shared.events.metrics import COUNTED_METRICS

BASES = ("running", "dkb")  # of the required population, in the order they are read; other metrics have none
UNMOVED_BASIS = "dkb"  # movements add to the other bases


class Level(NamedTuple):
    """How much there was at the end of a day. Unknown: no amount, and at least what was counted."""

    amount: Amount | None
    at_least: int
    last_fact_on: date | None
    anchor_on: date | None = None
    basis: str | None = None


class DatedAnchor(Protocol):
    """An anchor that nobody withdrew or replaced."""

    @property
    def as_of(self) -> date: ...
    @property
    def basis(self) -> str: ...


AnyAnchor = TypeVar("AnyAnchor", bound=DatedAnchor)


def anchor_in_force(anchors: Iterable[AnyAnchor], day: date) -> AnyAnchor | None:
    """The latest on or before a day, of the first basis that has one; of one day there is one for each basis."""
    dated = [each for each in anchors if each.as_of <= day]
    return min(dated, key=lambda each: (basis_rank(each.basis), -each.as_of.toordinal()), default=None)


def basis_rank(basis: str) -> int:
    return BASES.index(basis) if basis in BASES else 0


def counts(on: date, anchor_on: date | None, basis: str | None) -> bool:
    """Whether a delta adds to a level that begins with this anchor, which speaks for the end of its day."""
    return anchor_on is None or (on > anchor_on and basis != UNMOVED_BASIS)


def level_of(
    metric: str, start: Amount | None, summed: Amount, last_on: date | None, anchor: tuple[date, str] | None
) -> Level:
    """The anchor plus what counts after it. start: none where no anchor in force has a line for the area."""
    if start is None and metric in COUNTED_METRICS:
        start = ZERO
    if start is None:
        return Level(None, max(0, int(summed.sorted_ends().low)), last_on)
    anchor_on, basis = anchor or (None, None)
    return Level(start + summed, 0, last_on or anchor_on, anchor_on, basis)
