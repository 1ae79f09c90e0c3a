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
        Figure("population", "people", LevelOf("population"), "docs/domain.md: Who must hold a card"),
        Figure("required_population", "people", required, "docs/domain.md: Who must hold a card"),
        Figure("recorded", "people", recorded, "docs/domain.md: States of a recording"),
        Figure("unrecorded", "people", required - recorded, "docs/domain.md: What must hold, 1"),
        Figure("coverage_percent", "percent", percent(recorded, required), "docs/domain.md: What must hold, 1"),
        Figure(
            "recorded_early",
            "people",
            LevelOf("recorded_early").where(recorded),
            "docs/domain.md: Who must hold a card",
        ),
        Figure("printed_first", "cards", printed, "docs/domain.md: The unprinted, taken apart"),
        Figure(
            "printed_of_recorded_percent",
            "percent",
            percent(printed, recorded),
            "docs/domain.md: The unprinted, taken apart",
        ),
        Figure(
            "printed_of_required_percent",
            "percent",
            percent(printed, required),
            "docs/domain.md: The unprinted, taken apart",
        ),
        Figure("unprinted", "cards", unprinted, "docs/domain.md: What must hold, 2"),
        Figure("unprinted_on_kit", "cards", on_kit.where(unprinted), "docs/domain.md: The unprinted, taken apart"),
        Figure(
            "unprinted_in_transit", "cards", in_transit.where(unprinted), "docs/domain.md: The unprinted, taken apart"
        ),
        Figure("unprinted_failed", "cards", failed.where(unprinted), "docs/domain.md: The unprinted, taken apart"),
        Figure(
            "unprinted_print_ready", "cards", print_ready.where(unprinted), "docs/domain.md: The unprinted, taken apart"
        ),
        Figure("unprinted_held", "cards", held.where(unprinted), "docs/domain.md: The unprinted, taken apart"),
        Figure("unprinted_not_broken_down", "cards", not_broken_down, "docs/domain.md: The unprinted, taken apart"),
        Figure("blank_stock", "pieces", stock, "docs/domain.md: What must hold, 4"),
        Figure("days_of_cover", "days", ratio(stock, DailyUse()), "docs/domain.md: Blanks", districts_only=True),
        *(
            Figure(
                f"subdistricts_{state}",
                "places",
                Subdistricts(state),
                "docs/domain.md: Connections counted without names",
                districts_only=True,
            )
            for state in ("online", "offline", "degraded", "unknown")
        ),
        Figure("target_required", "people", OfNextTarget("required"), "docs/domain.md: Targets"),
        Figure("target_remaining", "people", OfNextTarget("remaining"), "docs/domain.md: Targets"),
        Figure(
            "target_pace_per_working_day", "people_per_working_day", OfNextTarget("pace"), "docs/domain.md: Targets"
        ),
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
