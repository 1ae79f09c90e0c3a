"""Feasibility of a target: what is left to record until a day, the pace it needs, and whether that pace is possible."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Literal, NamedTuple

from services.reporting.levels import wording
from services.reporting.levels.formulas import Combined, Fixed, Formula, LevelOf, Locale, evaluate, percent_of
from services.reporting.levels.snapshot import Item, View
from services.reporting.schemas.item import TargetShape
from shared.base.amounts import Amount

POSSIBLE_PACE = Amount(150, 100, 200)  # recordings a working day, assumed (docs/domain.md: Outreach and pace)

TargetPart = Literal["required", "remaining", "pace"]


class TargetOutlook(NamedTuple):
    """A target as it stands on the view's day."""

    item: Item
    required: Amount | None
    remaining: Amount | None
    working_days: int
    pace: Amount | None  # per working day
    verdict: str


@dataclass(frozen=True)
class OfNextTarget(Formula):
    """Of the area's own target that is next due; areas without one have no such figure."""

    part: TargetPart

    def text(self, tongue: Locale) -> str:
        """For an area without a target: the rule, without its numbers."""
        return wording.next_target_text(self.part, tongue)

    def resolved(self, view: View, area: str) -> Formula | None:
        item = next_due(view, area)
        return formulas_of(item, view.day)[self.part] if item else None


def next_due(view: View, area: str) -> Item | None:
    due = [item for item in view.items("target", area) if item.area == area and due_day(item) >= view.day]
    return min(due, key=lambda item: (due_day(item), item.id), default=None)


def next_target(targets: Sequence[TargetShape]) -> TargetShape | None:
    """Of a report's targets the one that is next due; where all are past, the last."""
    ahead = [target for target in targets if target.working_days]
    if ahead:
        return min(ahead, key=lambda target: target.due_on)
    return max(targets, key=lambda target: target.due_on, default=None)


def formulas_of(item: Item, day: date) -> dict[TargetPart, Formula]:
    """A share of the required population, or a number of recordings."""
    percent, number = item.data.get("percent"), item.data.get("recordings")
    goal: Formula = Fixed(number) if number else percent_of(LevelOf("required_population"), Fraction(percent or 0))
    recorded = LevelOf("recorded")
    remaining, days = goal - recorded, Fixed(working_days(day, due_day(item)))
    return {
        "required": goal.where(recorded),
        "remaining": remaining,
        "pace": Combined("over", pace_per_day, remaining, days),
    }


def pace_per_day(left: Amount, days: Amount) -> Amount | None:
    return left.multiplied_by(Fraction(1) / days.value) if days.value else None


def target_outlook(view: View, item: Item) -> TargetOutlook:
    """After the due day judged by the levels of that day."""
    due_on = due_day(item)
    over = view.day > due_on
    at = view.on(due_on) if over else view
    formulas = formulas_of(item, view.day)
    remaining = evaluate(at, item.area, formulas["remaining"]).amount
    required = evaluate(at, item.area, formulas["required"]).amount
    pace = evaluate(at, item.area, formulas["pace"]).amount
    judged = target_verdict(remaining, pace, over) if remaining else "unknown"
    return TargetOutlook(item, required, remaining, working_days(view.day, due_on), pace, judged)


def target_verdict(left: Amount, pace: Amount | None, over: bool) -> str:
    """Unknown also where the ranges leave it open."""
    if left.high <= 0:
        return "met"
    if over:
        return "missed" if left.low > 0 else "unknown"
    if pace is None:
        return "out_of_reach" if left.low > 0 else "unknown"
    if pace.low > POSSIBLE_PACE.high:
        return "out_of_reach"
    return "within_reach" if pace.high <= POSSIBLE_PACE.low else "unknown"


def due_day(item: Item) -> date:
    assert item.due_on is not None, "every target is set with its day"
    return item.due_on


def working_days(after: date, until: date) -> int:
    """Monday to Friday."""
    weeks, days = divmod(max(0, (until - after).days), 7)
    return weeks * 5 + sum((after + timedelta(days=n + 1)).weekday() < 5 for n in range(days))
