"""Expected figures: what a report must say by the fact log; the rules of reading, written a second time on purpose.

A level is the latest document plus what happened after its day; without a document it is unknown. Roll-ups add the
districts where all that a figure needs is known. Source: docs/domain.md: What must hold.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from math import ceil, floor
from typing import Any

from shared.base import areas
from simulator.fact_log import POPULATION_BASES, UNPRINTED, Document, FactLog, ItemState

Number = int | Fraction
COUNTED_METRICS = ("early", *UNPRINTED)  # records that exist: no document starts them
FLOWS = ("recorded", "printed_first", "cards_printed", "blanks_received")
USE_DAYS = 28


def percent(part: Number, whole: Number) -> Fraction | None:
    return Fraction(part) * 100 / whole if whole > 0 else None


def first_value(*all_: Number) -> Number:
    return all_[0]


RECORDED_AND_PRINTED = ("recorded", "printed_first")
FIGURES: Mapping[str, tuple[tuple[str, ...], Callable[..., Number | None]]] = {
    "population": (("population",), first_value),
    "required_population": (("required_population",), first_value),
    "recorded": (("recorded",), first_value),
    "unrecorded": (("required_population", "recorded"), lambda required, recorded: required - recorded),
    "coverage_percent": (("recorded", "required_population"), percent),
    "recorded_early": (("early", "recorded"), first_value),
    "printed_first": (("printed_first",), first_value),
    "printed_of_recorded_percent": (("printed_first", "recorded"), percent),
    "printed_of_required_percent": (("printed_first", "required_population"), percent),
    "unprinted": (RECORDED_AND_PRINTED, lambda recorded, printed: recorded - printed),
    **{f"unprinted_{part}": ((part, *RECORDED_AND_PRINTED), first_value) for part in UNPRINTED},
    "unprinted_not_broken_down": (
        (*RECORDED_AND_PRINTED, *UNPRINTED), lambda recorded, printed, *parts: recorded - printed - sum(parts),
    ),
    "blank_stock": (("blank_stock",), first_value),
    "days_of_cover": (("blank_stock", "use"), lambda stock, use: Fraction(stock) / use),
    **{f"subdistricts_{state}": ((state,), first_value) for state in ("online", "offline", "degraded", "unknown")},
}  # fmt: skip
DISTRICT_FIGURES = ("days_of_cover", *(name for name in FIGURES if name.startswith("subdistricts_")))
RATIOS = ("percent", "days_of_cover")
LATEST = date.max


@dataclass(frozen=True)
class ExpectedItem:
    """An item as a report shows it."""

    area: str
    state: str
    since: date
    changed_on: date
    due_on: date | None
    data: Mapping[str, Any]  # Any: whatever the kind says


@dataclass
class ExpectedView:
    """A fact log as of a day, as known on a day. today: at the offices, where "latest" needs a day."""

    facts: FactLog
    today: date
    as_of: date = LATEST
    known_on: date = LATEST

    @property
    def day(self) -> date:
        return self.today if self.as_of == LATEST else self.as_of

    # --- levels

    @cached_property
    def moves(self) -> dict[str, dict[str, list[tuple[date, int]]]]:
        """By place and metric: a district has what all its areas have."""
        found: dict[str, dict[str, list[tuple[date, int]]]] = defaultdict(lambda: defaultdict(list))
        for district, moves in self.facts.moves.items():
            for (area, metric, on, known_on), number in moves.items():
                if on <= self.as_of and known_on <= self.known_on:
                    for place in {district, area}:
                        found[place][metric].append((on, number))
        return found

    def total_moved(self, place: str, metric: str, after: date = date.min) -> int:
        return sum(number for on, number in self.moves.get(place, {}).get(metric, ()) if on > after)

    def metric_value(self, place: str, metric: str) -> Number | None:
        if metric in COUNTED_METRICS:
            return self.total_moved(place, metric)
        if metric == "use":
            return self.cards_per_day(place)
        if metric in ("online", "offline", "degraded", "unknown"):
            return self.subdistricts_in_state(place, metric)
        return self.level(place, metric)

    def level(self, place: str, metric: str) -> int | None:
        basis, document = self.latest_document(place[:5], metric)
        if document is None:
            return None
        start = sum(document.lines.values()) if len(place) == 5 else document.lines.get(place)
        if start is None or basis == "dkb":
            return start
        return start + self.total_moved(place, metric, document.as_of)

    def latest_document(self, district: str, metric: str) -> tuple[str, Document | None]:
        """The latest of the first basis that has one; of one day the last word."""
        for basis in POPULATION_BASES if metric == "required_population" else ("",):
            by_day: dict[date, Document] = {}
            for document in self.facts.documents.get((district, metric, basis), ()):
                if document.as_of <= self.as_of and document.known_on <= self.known_on:
                    by_day[document.as_of] = document
            if by_day:
                return basis, by_day[max(by_day)]
        return "", None

    def cards_per_day(self, district: str) -> Fraction | None:
        """Cards on an ordinary printing day of the four weeks before."""
        by_day: Counter[date] = Counter()
        for on, cards in self.moves.get(district, {}).get("cards_printed", ()):
            if self.day - timedelta(days=USE_DAYS) <= on < self.day:
                by_day[on] += cards
        return Fraction(sum(by_day.values()), len(by_day)) if sum(by_day.values()) > 0 else None

    # --- figures

    def figure(self, area: str, name: str) -> Number | None:
        leaves, formula = FIGURES[name]
        added, taken_off = places_in_scope(area)
        rows = list(self.known_rows(added, leaves))
        if not rows:
            return None
        less = list(self.known_rows(taken_off, leaves))
        sums = [sum(row[turn] for row in rows) - sum(row[turn] for row in less) for turn in range(len(leaves))]
        return formula(*sums)

    def known_rows(self, places: Iterable[str], leaves: Sequence[str]) -> Iterable[list[Number]]:
        for place in places:
            row = [self.metric_value(place, metric) for metric in leaves]
            if None not in row:
                yield [number for number in row if number is not None]

    def flow(self, area: str, metric: str, start: date, end: date) -> int | None:
        """What was counted; where that is nothing, or the month was not begun, nobody knows."""
        added, taken_off = places_in_scope(area)
        known = [each for place in added if (each := self.counted_flow(place, metric, start, end)) is not None]
        less = [each for place in taken_off if (each := self.counted_flow(place, metric, start, end)) is not None]
        return sum(known) - sum(less) if known else None

    def counted_flow(self, place: str, metric: str, start: date, end: date) -> int | None:
        number = sum(moved for on, moved in self.moves.get(place, {}).get(metric, ()) if start <= on <= end)
        begun = self.first_document_day(place[:5], metric, min(end, self.as_of))
        return number if number and (begun is None or start > begun) else None

    def first_document_day(self, district: str, metric: str, until: date) -> date | None:
        """The day of the metric's first document, as far as it is in the view."""
        documents = self.facts.documents.get((district, metric, ""), ())
        days = (each.as_of for each in documents if each.as_of <= until and each.known_on <= self.known_on)
        return min(days, default=None)

    # --- things

    def subdistricts_in_state(self, district: str, state: str) -> int | None:
        """Only sub-districts that somebody looked at count; all others are unknown."""
        states = Counter(item.state for kind, _, item in self.items(district) if kind == "connection")
        named = {each: states[each] for each in ("online", "offline", "degraded")}
        if state == "unknown":
            return len(areas.subdistricts_of(district)) - sum(named.values())
        return named[state] if states else None

    def items(self, district: str) -> list[tuple[str, str, ExpectedItem]]:
        """Kind, id and what is in force, of each thing of a district."""
        return [
            (kind, id, latest_state(standing))
            for (kind, id), rows in self.facts.items.get(district, {}).items()
            if (standing := [row for row in rows if row.occurred_on <= self.as_of and row.known_on <= self.known_on])
        ]

    def target(self, item: ExpectedItem) -> tuple[int | None, int | None]:
        """How many have to be recorded, and how many still."""
        required, recorded = (
            self.metric_value(item.area, "required_population"),
            self.metric_value(item.area, "recorded"),
        )
        if required is None or recorded is None:
            return None, None
        goal = ceil(Fraction(item.data["percent"]) * required / 100)
        return goal, goal - int(recorded)


def latest_state(rows: Sequence[ItemState]) -> ExpectedItem:
    """By day, then as they were said; a due day stands until another is named, and so does what is said beside."""
    ordered = sorted(rows, key=lambda row: row.occurred_on)
    last, due = ordered[-1], [row.due_on for row in ordered if row.due_on]
    data = {word: value for row in ordered for word, value in row.data.items()}
    return ExpectedItem(last.area, last.state, ordered[0].occurred_on, last.occurred_on, due[-1] if due else None, data)


def places_in_scope(area: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Where it is counted, and what is taken off again: the rest of a district is what its sub-districts leave."""
    if area == areas.NATION or len(area) == 2:
        return areas.districts_in(area), ()
    if area.endswith(".00"):
        return (area[:5],), areas.subdistricts_of(area[:5])
    return (area,), ()


def report_value(name: str, number: Number | None) -> int | str | None:
    """As JSON has it: a count, or a ratio with two places, rounded half up."""
    if number is None:
        return None
    if not name.endswith("percent") and name != "days_of_cover":
        return int(number)
    hundredths = floor(Fraction(number) * 100 + Fraction(1, 2))
    return f"{hundredths // 100}.{hundredths % 100:02}" if hundredths >= 0 else f"{Fraction(hundredths, 100):.2f}"
