"""Formulas: expression trees over leaves; and how an area's number comes from its places'."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import ClassVar, Literal, NamedTuple

from services.reporting.levels import wording
from services.reporting.levels.level import Level
from services.reporting.levels.scopes import is_below_district, scope_of
from services.reporting.levels.snapshot import View
from shared.base import areas
from shared.base.amounts import Amount, Number, decimal_text, exact_amount, sum_amounts

Locale = Literal["identifiers", "id", "en"]
CONNECTIONS = ("online", "offline", "degraded")


class Formula:
    """A tree: its leaves are read in each place and summed, the rest is worked out of the sums."""

    def leaves(self) -> tuple[Leaf, ...]:
        raise NotImplementedError

    def of(self, sums: Mapping[Leaf, Amount]) -> Amount | None:
        raise NotImplementedError

    def text(self, tongue: Locale) -> str:
        """The formula in identifiers, in Indonesian or in English."""
        raise NotImplementedError

    def resolved(self, view: View, area: str) -> Formula | None:
        """The formula itself; of what only some areas have, theirs."""
        return self

    def __sub__(self, other: Formula) -> Formula:
        return Combined("minus", Amount.__sub__, self, other)

    def where(self, other: Formula) -> Formula:
        """Shown only where another is known too."""
        return Combined("where", lambda shown, known: shown, self, other)


class Leaf(Formula):
    """What is read in a place."""

    name: ClassVar[str]  # its wording

    def at(self, view: View, place: str) -> Amount | None:
        raise NotImplementedError

    def levels(self, view: View, place: str) -> tuple[Level, ...]:
        """What it was read from, with its days. Flows and uses rest on no level."""
        return ()

    def leaves(self) -> tuple[Leaf, ...]:
        return (self,)

    def of(self, sums: Mapping[Leaf, Amount]) -> Amount | None:
        return sums[self]


@dataclass(frozen=True)
class LevelOf(Leaf):
    """How much there was at the end of the view's day."""

    metric: str

    def at(self, view: View, place: str) -> Amount | None:
        return view.level(place, self.metric).amount

    def levels(self, view: View, place: str) -> tuple[Level, ...]:
        return (view.level(place, self.metric),)

    def text(self, tongue: Locale) -> str:
        return wording.leaf_text(self.metric, tongue)


@dataclass(frozen=True)
class FlowOf(Leaf):
    """What was counted from one day to another."""

    metric: str
    start: date
    end: date

    def at(self, view: View, place: str) -> Amount | None:
        return view.flow(place, self.metric, self.start, self.end)

    def text(self, tongue: Locale) -> str:
        return f"{wording.leaf_text(self.metric, tongue)} ({self.start} - {self.end})"


@dataclass(frozen=True)
class DailyUse(Leaf):
    """Cards printed on an ordinary day: those of the four weeks before the view's day, over the days any were."""

    def at(self, view: View, place: str) -> Amount | None:
        use = view.use(place)
        return exact_amount(Fraction(use.cards, use.days)) if use else None

    def text(self, tongue: Locale) -> str:
        return wording.leaf_text("cards_printed_per_printing_day", tongue)


@dataclass(frozen=True)
class Subdistricts(Leaf):
    """How many of a district's sub-districts are in a state of connection."""

    state: str

    def at(self, view: View, place: str) -> Amount | None:
        return connections(view, place).get(self.state)

    def levels(self, view: View, place: str) -> tuple[Level, ...]:
        """The day of the last check of a named one, else the days of the counts without names."""
        if named := view.items("connection", place):
            return (Level(None, 0, max(item.changed_on for item in named)),)
        return tuple(view.level(place, f"subdistricts_{state}") for state in CONNECTIONS)

    def text(self, tongue: Locale) -> str:
        return wording.leaf_text(f"subdistricts_{self.state}", tongue)


@dataclass(frozen=True)
class Fixed(Formula):
    """A number that somebody set."""

    number: Number

    def leaves(self) -> tuple[Leaf, ...]:
        return ()

    def of(self, sums: Mapping[Leaf, Amount]) -> Amount:
        return exact_amount(self.number)

    def text(self, tongue: Locale) -> str:
        return decimal_text(self.number)


@dataclass(frozen=True)
class Combined(Formula):
    """Worked out of two others by a rule."""

    sign: str  # its wording
    rule: Callable[[Amount, Amount], Amount | None]
    left: Formula
    right: Formula

    def leaves(self) -> tuple[Leaf, ...]:
        return tuple(dict.fromkeys(self.left.leaves() + self.right.leaves()))

    def of(self, sums: Mapping[Leaf, Amount]) -> Amount | None:
        left, right = self.left.of(sums), self.right.of(sums)
        return None if left is None or right is None else self.rule(left, right)

    def text(self, tongue: Locale) -> str:
        return wording.operator_text(self.sign, tongue).format(self.left.text(tongue), self.right.text(tongue))


def ratio(part: Formula, whole: Formula) -> Formula:
    return Combined("over", divide, part, whole)


def percent(part: Formula, whole: Formula) -> Formula:
    return Combined("percent", percent_share, part, whole)


def percent_of(whole: Formula, percentage: Fraction) -> Formula:
    """People come in ones: rounded up."""
    return Combined(
        "percent_of", lambda of, p: of.multiplied_by(Fraction(p.value) / 100).rounded_up(), whole, Fixed(percentage)
    )


def divide(part: Amount, whole: Amount) -> Amount | None:
    """Unknown where there is nothing to divide by."""
    return part / whole if whole.low > 0 else None


def percent_share(part: Amount, whole: Amount) -> Amount | None:
    found = divide(part, whole)
    return found.multiplied_by(100) if found else None


class Evaluated(NamedTuple):
    """A figure's amount, and the districts it rests on, or the one sub-district."""

    amount: Amount | None
    places: tuple[str, ...]


def evaluate(view: View, area: str, formula: Formula) -> Evaluated:
    """Each leaf is summed over the places where all leaves are known; the rest of a district is what they leave."""
    found = formula.resolved(view, area)
    if found is None:
        return Evaluated(None, ())
    leaves, places = found.leaves(), scope_of(area)
    rows, less = complete_rows(view, places.added, leaves), complete_rows(view, places.taken_off, leaves)
    if not rows:
        return Evaluated(None, ())
    sums = {
        leaf: sum_amounts(
            [row[leaf] for row in rows.values()] + [row[leaf].reversal() for row in less.values()]
        ).sorted_ends()
        for leaf in leaves
    }
    return Evaluated(found.of(sums), tuple(rows))


def complete_rows(view: View, places: Iterable[str], leaves: Iterable[Leaf]) -> dict[str, dict[Leaf, Amount]]:
    found = {}
    for place in places:
        row = {}
        for leaf in leaves:
            amount = leaf.at(view, place)
            if amount is None:
                break
            row[leaf] = amount
        else:
            found[place] = row
    return found


def connections(view: View, district: str) -> dict[str, Amount]:
    """State -> sub-districts. A count without names stands until the first is named; then only named ones count."""
    if is_below_district(district):
        return {}
    if named := view.items("connection", district):
        counts = {state: exact_amount(sum(item.state == state for item in named)) for state in CONNECTIONS}
    else:
        stated = {state: view.level(district, f"subdistricts_{state}").amount for state in CONNECTIONS}
        anyone = any(amount is not None for amount in stated.values())
        counts = {state: amount or exact_amount(0) for state, amount in stated.items()} if anyone else {}
    return counts | {"unknown": exact_amount(len(areas.subdistricts_of(district))) - sum_amounts(counts.values())}
