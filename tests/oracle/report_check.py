"""Report check: a report as JSON against a plain count of the same facts; an AssertionError names the figure."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from tests.oracle.plain_count import FIGURES, Ends, PlainCount
from tests.oracle.random_world import RARE_CASES

RATIOS = ("coverage_percent", "printed_of_recorded_percent", "printed_of_required_percent")


def check_figures(found: dict[str, Any], plain: PlainCount, area: str) -> None:
    for name in FIGURES:
        line = found["figures"][name]
        amount, places = plain.figure(area, name)
        assert (amount_of(line), line["places_known"]) == (report_value(amount, name), places), (area, name)
    below = area.count(".") == 2
    if not below or not area.endswith(".00"):
        for name in ("recorded", "required_population", "blank_stock", "printed_first"):
            line = found["figures"][name]
            if "." in area and not line["known"]:
                assert line["at_least"] == plain.at_least(area, name), (area, name)


def report_value(amount: Ends | None, name: str) -> tuple[Any, ...]:
    if amount is None:
        return (None, None, None)
    return tuple(two_places(end) if name in RATIOS else int(end) for end in amount)


def two_places(number: Any) -> str:
    exact = Fraction(number)
    return str((Decimal(exact.numerator) / exact.denominator).quantize(Decimal("0.01"), ROUND_HALF_UP))


def amount_of(line: dict[str, Any]) -> tuple[Any, ...]:
    return line["value"], line["low"], line["high"]


def check_flows(found: dict[str, Any], plain: PlainCount, area: str) -> None:
    [month] = found["periods"]
    start = date.fromisoformat(month["start"])
    for metric, line in month["flows"].items():
        amount, places = plain.over_places(area, lambda p, m: plain.flow(p, m, start), [metric], lambda first: first)
        assert (amount_of(line), line["places_known"]) == (report_value(amount, metric), places), (area, metric)


def check_items(found: dict[str, Any], plain: PlainCount, area: str) -> None:
    for state, want in plain.connections(area).items():
        assert amount_of(found["figures"][f"subdistricts_{state}"]) == report_value(want, state), (area, state)
    things = [(kind, line) for kind in ("connection", "delivery", "incident") for line in found["items"][kind]]
    for kind, line in things:
        wanted = plain.item(kind, line["id"])
        assert wanted is not None
        last, first = wanted
        assert (line["state"], line["changed_on"], line["since"]) == (
            last.state,
            str(last.occurred_on),
            str(first.occurred_on),
        )
    named = {(row.kind, row.id) for row in plain.world.rows if row.district == area and row.kind != "target"}
    assert {(kind, line["id"]) for kind, line in things} == {key for key in named if plain.item(*key)}
    for line in found["targets"]:
        wanted = plain.item("target", line["id"])
        assert wanted is not None
        assert line["verdict"] == plain.verdict(wanted[0]), line
        RARE_CASES["target " + line["verdict"]] += 1
