"""Plain count: what a world's facts come to as of a day as known on a day; slow, naive, and on its own."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from shared.base import areas
from tests.oracle.random_world import DISTRICTS, RARE_CASES, Document, ItemRow, PublishedStatement, World

PARTS = ("unprinted_on_kit", "unprinted_in_transit", "unprinted_failed", "unprinted_print_ready", "unprinted_held")
METRIC_OF_PART = {"early": "recorded_early", "printed": "printed_first"}
Ends = tuple[Any, Any, Any]


def add_ends(one: Ends, other: Ends) -> Ends:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]


def subtract_ends(one: Ends, other: Ends) -> Ends:
    return one[0] - other[0], one[1] - other[2], one[2] - other[1]


def ordered(amount: Ends) -> Ends:
    return amount[0], min(amount[1:]), max(amount[1:])


def percent(part: Ends, whole: Ends) -> Ends | None:
    if whole[1] <= 0:
        return None
    ends = [Fraction(100 * top, bottom) for top in part[1:] for bottom in whole[1:]]
    return Fraction(100 * part[0], whole[0]), min(ends), max(ends)


def subtract_all(first: Ends, *others: Ends) -> Ends:
    for other in others:
        first = subtract_ends(first, other)
    return first


def first_only(first: Ends, *_: Ends) -> Ends:
    return first


FIGURES: dict[str, tuple[list[str], Callable[..., Ends | None]]] = {
    "population": (["population"], first_only),
    "required_population": (["required_population"], first_only),
    "recorded": (["recorded"], first_only),
    "unrecorded": (["required_population", "recorded"], subtract_ends),
    "coverage_percent": (["recorded", "required_population"], percent),
    "recorded_early": (["recorded_early", "recorded"], first_only),
    "printed_first": (["printed_first"], first_only),
    "printed_of_recorded_percent": (["printed_first", "recorded"], percent),
    "printed_of_required_percent": (["printed_first", "required_population"], percent),
    "unprinted": (["recorded", "printed_first"], subtract_ends),
    "unprinted_not_broken_down": (["recorded", "printed_first", *PARTS], subtract_all),
    "blank_stock": (["blank_stock"], first_only),
    **{part: ([part, "recorded", "printed_first"], first_only) for part in PARTS},
}
FIGURE_OF_CLAIM = {"coverage_claim": "coverage_percent"}


def part_counts_in(part: str, metric: str) -> bool:
    if metric == "recorded":
        return part not in ("gone", "early")
    return metric == METRIC_OF_PART.get(part, "unprinted_" + part)


class PlainCount:
    """A world seen as of a day as known on a day."""

    def __init__(self, world: World, as_of: date, known_on: date) -> None:
        self.world, self.as_of, self.known_on = world, as_of, known_on

    def people(self, area: str, metric: str, as_of: date) -> int:
        found = 0
        for record in self.world.records:
            place, part = record.at(as_of, self.known_on)
            found += part_counts_in(part, metric) and area in (place, place[:5])
        return found

    def change(self, area: str, metric: str, after: date) -> Ends:
        """What was counted after a day, up to ours."""
        found: Ends = (0, 0, 0)
        for place, its, on, known, amount in self.world.facts:
            if its == metric and area in (place, place[:5]) and after < on <= self.as_of and known <= self.known_on:
                found = add_ends(found, amount)
        people = self.people(area, metric, self.as_of) - self.people(area, metric, after)
        return add_ends(found, (people,) * 3)

    def documents(self, district: str, metric: str, basis: str) -> list[Document]:
        mine = [
            doc
            for doc in self.world.documents
            if doc.known_on <= self.known_on
            and (doc.district, doc.metric, doc.basis) == (district, metric, basis)
            and doc.as_of <= self.as_of
        ]
        last = {
            on: max((doc for doc in mine if doc.as_of == on), key=lambda doc: doc.seq) for on in {d.as_of for d in mine}
        }
        return [doc for _, doc in sorted(last.items()) if doc.lines]

    def document(self, area: str, metric: str) -> Document | None:
        bases = ["running", "dkb"] if metric == "required_population" else [""]
        chosen = [docs[-1] for basis in bases if (docs := self.documents(area[:5], metric, basis))]
        if chosen:
            RARE_CASES["dkb read, for want of running"] += chosen[0].basis == "dkb"
        return chosen[0] if chosen else None

    def level(self, area: str, metric: str) -> Ends | None:
        if metric in PARTS or metric == "recorded_early":
            return (self.people(area, metric, self.as_of),) * 3
        document = self.document(area, metric)
        if document is None:
            return None
        lines = [amount for place, amount in document.lines.items() if area in (place, document.district)]
        if not lines:
            RARE_CASES["sub-district without a line"] += 1
            return None
        start: Ends = (0, 0, 0)
        for amount in lines:
            start = add_ends(start, (amount.value, amount.low, amount.high))
        return start if document.basis == "dkb" else add_ends(start, self.change(area, metric, document.as_of))

    def at_least(self, area: str, metric: str) -> int:
        return max(0, int(ordered(self.change(area, metric, date.min))[1]))

    def flow(self, area: str, metric: str, start: date) -> Ends | None:
        if any(start <= document.as_of for document in self.documents(area[:5], metric, "")[:1]):
            return None
        counted = self.change(area, metric, start - timedelta(days=1))
        return counted if counted != (0, 0, 0) else None

    def over_places(
        self, area: str, read: Callable[[str, str], Ends | None], leaves: Sequence[str], formula: Callable[..., Any]
    ) -> tuple[Ends | None, int]:
        """-> amount, and in how many places it is known."""
        rest = area.count(".") == 2 and area.endswith(".00")
        whole = [area[:5]] if rest else [area] if "." in area else [d for d in DISTRICTS if area in ("00", d[:2])]
        rows = [row for place in whole if None not in (row := [read(place, leaf) for leaf in leaves])]
        if not rows:
            return None, 0
        sums: list[Any] = [tuple(map(sum, zip(*column, strict=True))) for column in zip(*rows, strict=True)]
        for sub in areas.subdistricts_of(area[:5]) if rest else ():
            row = [read(sub, leaf) for leaf in leaves]
            if None not in row:
                sums = [
                    tuple(a - b for a, b in zip(one, other or (), strict=True))
                    for one, other in zip(sums, row, strict=True)
                ]
        return formula(*(ordered(amount) for amount in sums)), len(rows)

    def figure(self, area: str, name: str) -> tuple[Ends | None, int]:
        leaves, formula = FIGURES[name]
        return self.over_places(area, self.level, leaves, formula)

    def item(self, kind: str, id: str) -> tuple[ItemRow, ItemRow] | None:
        """The row in force and the first one."""
        standing: list[ItemRow] = []
        rows = [row for row in self.world.rows if (row.kind, row.id) == (kind, id)]
        for row in sorted(rows, key=lambda row: row.seq):
            if row.occurred_on <= self.as_of and row.known_on <= self.known_on:
                standing = [s for s in standing if (s.occurred_on, s.state) != (row.occurred_on, row.state)]
                RARE_CASES["item row taken back"] += row.taken_back
                standing += [] if row.taken_back else [row]
        standing.sort(key=lambda row: (row.occurred_on, row.seq))
        return (standing[-1], standing[0]) if standing else None

    def connections(self, district: str) -> dict[str, Any]:
        named = [row[0].state for sub in areas.subdistricts_of(district) if (row := self.item("connection", sub))]
        counts: dict[str, Any] = {
            state: self.level(district, f"subdistricts_{state}") for state in ("online", "offline", "degraded")
        }
        if named:
            RARE_CASES["connections named"] += 1
            counts = {state: (named.count(state),) * 3 for state in counts}
        elif any(counts.values()):
            RARE_CASES["connections counted without names"] += 1
            counts = {state: amount or (0, 0, 0) for state, amount in counts.items()}
        in_all = (len(areas.subdistricts_of(district)),) * 3
        counts["unknown"] = subtract_all(in_all, *(amount for amount in counts.values() if amount))
        return counts

    def verdict(self, goal: ItemRow) -> str:
        """Of a target."""
        assert goal.due_on is not None
        over = self.as_of > goal.due_on
        seen_on = PlainCount(self.world, min(self.as_of, goal.due_on), self.known_on)
        required, recorded = (seen_on.figure(goal.area, name)[0] for name in ("required_population", "recorded"))
        if required is None or recorded is None:
            return "unknown"
        wanted = tuple(-(-end * goal.percent // 100) for end in required)
        _, least, most = subtract_ends(wanted, recorded)
        days = sum((self.as_of + timedelta(n + 1)).weekday() < 5 for n in range((goal.due_on - self.as_of).days))
        if most <= 0:
            return "met"
        if over or not days:
            return "unknown" if least <= 0 else "missed" if over else "out_of_reach"
        return "out_of_reach" if least > 200 * days else "within_reach" if most <= 100 * days else "unknown"

    def check(self, said: PublishedStatement) -> str:
        """Of a statement."""
        then = PlainCount(self.world, said.as_of, self.known_on)
        stated = (said.stated.value, said.stated.low, said.stated.high)
        recorded = then.figure(said.area, "recorded")[0]
        if said.figure == "required_population" and recorded and recorded[1] > 0 and stated[2] * 10 <= recorded[1]:
            return "suspect"
        ours = then.figure(said.area, FIGURE_OF_CLAIM.get(said.figure, said.figure))[0]
        if ours is None:
            return "cannot_be_checked"
        return "holds" if stated[1] <= ours[2] and ours[1] <= stated[2] else "differs"
