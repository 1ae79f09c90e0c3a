"""Withheld: figures and areas that an installation hides. They still count in sums; nothing public names them."""

from typing import Any, NamedTuple

from services.reporting.levels.formulas import Formula, LevelOf
from services.reporting.levels.snapshot import StatementRow
from services.reporting.subjects.figures import CHECKED
from shared.base import areas
from shared.settings import ServiceSettings


class Withheld(NamedTuple):
    figures: frozenset[str] = frozenset()
    areas: tuple[str, ...] = ()

    def has_figure(self, name: str) -> bool:
        return name in self.figures

    def has_area(self, code: str) -> bool:
        """An area in a hidden one is hidden."""
        return any(areas.lies_in(code, each) for each in self.areas)

    def has_leaf(self, formula: Formula) -> bool:
        """Whether a formula reads what is hidden under its own name."""
        return any(leaf.metric in self.figures for leaf in formula.leaves() if isinstance(leaf, LevelOf))

    def has_statement(self, said: StatementRow) -> bool:
        """What is said of a hidden figure, or about a hidden area."""
        names = {said.figure, CHECKED.get(said.figure, said.figure)}
        return not names.isdisjoint(self.figures) or self.has_area(said.area)

    def without_areas(self, data: dict[str, Any]) -> dict[str, Any]:  # Any: JSON
        """What is said of a thing, less the hidden areas that it names, as the supplier of a requisition."""
        return {word: value for word, value in data.items() if not self.is_hidden_code(value)}

    def is_hidden_code(self, value: Any) -> bool:  # Any: JSON
        return isinstance(value, str) and areas.AREA_CODE.fullmatch(value) is not None and self.has_area(value)


ALL_SHOWN = Withheld()


def withheld_by(settings: ServiceSettings) -> Withheld:
    return Withheld(frozenset(settings.hidden_figures), tuple(settings.hidden_areas))
