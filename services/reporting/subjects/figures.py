"""Figures: what each number is, once: its name, its unit, its formula, and where the rule comes from."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.reporting.analysis.feasibility import OfNextTarget
from services.reporting.levels import wording
from services.reporting.levels.formulas import DailyUse, Formula, LevelOf, Subdistricts, percent, ratio
from services.reporting.levels.scopes import is_below_district

RATIOS = ("percent", "days", "people_per_working_day")  # shown as decimals with two places; the rest are counts


@dataclass(frozen=True)
class Figure:
    """One definition each. districts_only: below a district nobody counts it."""

    name: str
    unit: str
    formula: Formula
    source: str
    districts_only: bool = False

    @property
    def is_ratio(self) -> bool:
        return self.unit in RATIOS

    @property
    def label(self) -> dict[str, str]:
        """Wording in Indonesian and English."""
        return wording.label(self.name)


recorded, required, printed = LevelOf("recorded"), LevelOf("required_population"), LevelOf("printed_first")
on_kit, in_transit, failed = LevelOf("unprinted_on_kit"), LevelOf("unprinted_in_transit"), LevelOf("unprinted_failed")
print_ready, held = LevelOf("unprinted_print_ready"), LevelOf("unprinted_held")
unprinted = recorded - printed
not_broken_down = unprinted - on_kit - in_transit - failed - print_ready - held
stock = LevelOf("blank_stock")

FIGURES = {
    figure.name: figure
    for figure in (
        Figure("population", "people", LevelOf("population"), "DOMAIN.md 9"),
        Figure("required_population", "people", required, "DOMAIN.md 9"),
        Figure("recorded", "people", recorded, "DOMAIN.md 3.1"),
        Figure("unrecorded", "people", required - recorded, "DOMAIN.md 16, invariant 1"),
        Figure("coverage_percent", "percent", percent(recorded, required), "DOMAIN.md 16, invariants 1 and 15"),
        Figure("recorded_early", "people", LevelOf("recorded_early").where(recorded), "DOMAIN.md 9"),
        Figure("printed_first", "cards", printed, "DOMAIN.md 3.3"),
        Figure("printed_of_recorded_percent", "percent", percent(printed, recorded), "DOMAIN.md 3.3"),
        Figure("printed_of_required_percent", "percent", percent(printed, required), "DOMAIN.md 3.3"),
        Figure("unprinted", "cards", unprinted, "DOMAIN.md 16, invariant 2"),
        Figure("unprinted_on_kit", "cards", on_kit.where(unprinted), "DOMAIN.md 3.3"),
        Figure("unprinted_in_transit", "cards", in_transit.where(unprinted), "DOMAIN.md 3.3"),
        Figure("unprinted_failed", "cards", failed.where(unprinted), "DOMAIN.md 3.3"),
        Figure("unprinted_print_ready", "cards", print_ready.where(unprinted), "DOMAIN.md 3.3"),
        Figure("unprinted_held", "cards", held.where(unprinted), "DOMAIN.md 3.3"),
        Figure("unprinted_not_broken_down", "cards", not_broken_down, "DOMAIN.md 3.3"),
        Figure("blank_stock", "pieces", stock, "DOMAIN.md 16, invariant 4"),
        Figure("days_of_cover", "days", ratio(stock, DailyUse()), "DOMAIN.md 6", districts_only=True),
        *(
            Figure(f"subdistricts_{state}", "places", Subdistricts(state), "DOMAIN.md 20", districts_only=True)
            for state in ("online", "offline", "degraded", "unknown")
        ),
        Figure("target_required", "people", OfNextTarget("required"), "DOMAIN.md 20"),
        Figure("target_remaining", "people", OfNextTarget("remaining"), "DOMAIN.md 20"),
        Figure("target_pace_per_working_day", "people_per_working_day", OfNextTarget("pace"), "DOMAIN.md 20"),
    )
}
FLOWS = {"recorded": "people", "printed_first": "cards", "cards_printed": "cards", "blanks_received": "pieces"}
CHECKED = {name: name for name in FIGURES if not name.startswith("target_")} | {  # what a statement is held against
    "coverage_claim": "coverage_percent",
    "regular_prints": "printed_first",
}


def figures_of(area: str) -> Iterator[Figure]:
    for figure in FIGURES.values():
        if not (figure.districts_only and is_below_district(area)):
            yield figure
