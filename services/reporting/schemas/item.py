"""Items: things with a state, and targets among them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from services.reporting.schemas.amount import AmountShape, AssumedAmount, Number, Shape


class ItemShape(Shape, frozen=True, kw_only=True):
    """A thing with a state. data: what was said of it, as its kind of event has it."""

    id: str
    area: str
    state: str
    since: date
    changed_on: date
    due_on: date | None
    lasted_days: int
    overdue_days: int
    data: dict[str, Any]  # Any: JSON of an event

    def amount(self, name: str) -> AmountShape | None:
        """What was said of it as a number with a range."""
        return stated_amount(self.data.get(name))


def stated_amount(value: Any) -> AmountShape | None:  # Any: JSON of an event
    if not isinstance(value, Mapping) or "value" not in value:
        return None
    return AmountShape(value=value["value"], low=value["low"], high=value["high"])


class TargetShape(Shape, frozen=True, kw_only=True):
    """A target as it stands on the day of the view."""

    id: str
    area: str
    set_on: date
    due_on: date
    percent: Number | None
    recordings: int | None
    reason: str
    required: AmountShape
    remaining: AmountShape
    working_days: int
    pace_per_working_day: AmountShape
    possible_pace: AssumedAmount
    verdict: str
