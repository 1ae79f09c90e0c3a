"""Every figure that a subject declares is a figure, with its labels, and in the unit of its metric."""

import pkgutil
from importlib import import_module

import pytest

from services.reporting import subjects
from services.reporting.levels.formulas import LevelOf
from services.reporting.subjects.figure import Figure
from services.reporting.subjects.figures import FIGURES
from shared.events.metrics import METRICS

NOT_SUBJECTS = {"figures"}  # joins them


def declared() -> list[Figure]:
    modules = [each.name for each in pkgutil.iter_modules(subjects.__path__) if each.name not in NOT_SUBJECTS]
    found = [getattr(import_module(f"{subjects.__name__}.{name}"), "FIGURES", ()) for name in modules]
    return [figure for figures in found for figure in figures]


def test_no_subject_is_forgotten_and_no_name_is_used_twice() -> None:
    assert sorted(figure.name for figure in declared()) == sorted(FIGURES)


@pytest.mark.parametrize("figure", declared(), ids=lambda figure: figure.name)
def test_has_its_own_labels_and_the_unit_of_its_metric(figure: Figure) -> None:
    assert figure.label == {"id": figure.indonesian, "en": figure.english}
    if isinstance(figure.formula, LevelOf):
        assert figure.unit == METRICS[figure.formula.metric].unit
