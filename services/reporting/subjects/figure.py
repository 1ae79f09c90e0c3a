"""Figure: what a number is, defined once in its subject: name, unit, formula, label in two languages, source."""

from dataclasses import dataclass

from services.reporting.levels import wording
from services.reporting.levels.formulas import Formula

RATIOS = ("percent", "days", "people_per_working_day")  # shown as decimals with two places; the rest are counts


@dataclass(frozen=True)
class Figure:
    """source: the section of docs/domain.md with its rule. districts_only: below a district nobody counts it.

    stated_as: names under which statements are held against it, beside its own; none where it is not checked.
    """

    name: str
    unit: str
    formula: Formula
    indonesian: str
    english: str
    source: str
    districts_only: bool = False
    stated_as: tuple[str, ...] | None = ()

    def __post_init__(self) -> None:
        wording.LABELS[self.name] = (self.indonesian, self.english)

    @property
    def is_ratio(self) -> bool:
        return self.unit in RATIOS

    @property
    def label(self) -> dict[str, str]:
        """Wording in Indonesian and English."""
        return wording.label(self.name)
