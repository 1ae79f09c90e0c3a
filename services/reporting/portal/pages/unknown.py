"""Unknown: why a figure is not known here. Unknown is a value, and has its reason."""

from services.reporting.analysis.feasibility import OfNextTarget
from services.reporting.levels.formulas import LevelOf, evaluate
from services.reporting.levels.scopes import is_below_district, is_roll_up, scope_of
from services.reporting.levels.snapshot import View
from services.reporting.portal.page_context import PageContext
from services.reporting.reports.serialize import Json
from services.reporting.reports.withheld import Withheld
from services.reporting.subjects.figures import FIGURES
from shared.base import areas


def why(context: PageContext, view: View, name: str, shown: Json, withheld: Withheld) -> str:
    """One sentence or two. view: of books that hold the district and its sub-districts."""
    t, formula = context.t, FIGURES[name].formula
    if isinstance(formula, OfNextTarget):
        return t("why_no_target")
    if is_roll_up(context.area):
        return t("why_no_district")
    if not isinstance(formula, LevelOf):
        return why_derived(context, view, name, withheld)
    reasons = [why_level(context, view, name)]
    if shown["at_least"]:
        reasons.append(t("why_counted", n=t.number(shown["at_least"])))
    return " ".join(reasons)


def why_level(context: PageContext, view: View, name: str) -> str:
    t = context.t
    if not is_below_district(context.area):
        return t("why_nobody_said")
    district = areas.district_of(context.area)
    known = evaluate(view, district, FIGURES[name].formula).amount is not None
    return t("why_only_district" if known else "why_nobody_said_of_district", name=areas.name_of(district))


def why_derived(context: PageContext, view: View, name: str, withheld: Withheld) -> str:
    """Names what it would be worked out from, and is not known."""
    if withheld.has_leaf(FIGURES[name].formula):
        return context.t("unknown")
    t = context.t
    leaves = [leaf for leaf in FIGURES[name].formula.leaves() if any_unknown(view, context.area, leaf.at)]
    missing = sorted({f"“{leaf.text(t.code)}”" for leaf in leaves})  # type: ignore[arg-type]  # id or en
    if not missing:
        return t("why_nothing_to_divide")
    return t("why_derived", figures=t.listed(missing))


def any_unknown(view: View, area: str, at: object) -> bool:
    places = scope_of(area)
    return any(at(view, place) is None for place in places.added)  # type: ignore[operator]  # a leaf's own method
