"""Build a report: an area's figures with flags, its month, items, targets, and statements with their verdict."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from msgspec.structs import asdict

from services.reporting.analysis.alerts import alerts
from services.reporting.analysis.endings import has_ended
from services.reporting.analysis.feasibility import POSSIBLE_PACE, due_day, formulas_of, target_outlook
from services.reporting.levels.formulas import FlowOf, LevelOf, evaluate
from services.reporting.levels.level import Level
from services.reporting.levels.load_snapshot import month_of
from services.reporting.levels.scopes import is_below_district, is_rest, scope_of
from services.reporting.levels.snapshot import Item, StatementRow, View
from services.reporting.reports.withheld import ALL_SHOWN, Withheld
from services.reporting.schemas.amount import AmountWithUnit, AssumedAmount, amount_shape, ends_of, number_shape
from services.reporting.schemas.figure import FigureShape, FlowShape, PeriodShape
from services.reporting.schemas.item import ItemShape, TargetShape
from services.reporting.schemas.report import AnswerHead, ReportAnswer
from services.reporting.schemas.statement import StatementShape
from services.reporting.subjects.figure import Figure
from services.reporting.subjects.figures import CHECKED, FIGURES, FLOWS, figures_of
from shared.base.amounts import Amount

BELOW_ZERO = {"unrecorded": "recorded_over_required", "unprinted_not_broken_down": "contradicts_the_opening"}


ITEM_KINDS = ("requisition", "delivery", "incident", "connection", "repair")


FIGURE_OF_PART = {part: f"target_{part}" for part in ("required", "remaining")} | {
    "pace": "target_pace_per_working_day"
}


MISPRINT_FACTOR = 10  # docs/domain.md: What must hold, 3


def build_report(view: View, head: AnswerHead, *, withheld: Withheld = ALL_SHOWN, query: str = "") -> ReportAnswer:
    """query: for the links to explanations."""
    area = head.area
    named = [each for each in figures_of(area) if not withheld.has_figure(each.name)]
    figures = {each.name: describe_figure(view, area, each, query, withheld) for each in named}
    targets = [describe_target(view, item, withheld) for item in visible_items(view, "target", area, withheld)]
    items = {
        kind: [describe_item(view, item, withheld) for item in visible_items(view, kind, area, withheld)]
        for kind in ITEM_KINDS
    }
    return ReportAnswer(
        **asdict(head),
        figures=figures,
        statements=statements(view, withheld),
        targets=targets,
        periods=[running_month(view, area, withheld)],
        items=items,
        alerts=list(alerts(area, figures, targets, items)),
    )


def visible_items(view: View, kind: str, area: str, withheld: Withheld) -> list[Item]:
    return [item for item in view.items(kind, area) if not withheld.has_area(item.area)]


def statements(view: View, withheld: Withheld) -> list[StatementShape]:
    return [
        check_statement(view, said, withheld) for said in view.snapshot.statements if not withheld.has_statement(said)
    ]


def describe_figure(view: View, area: str, each: Figure, query: str, withheld: Withheld = ALL_SHOWN) -> FigureShape:
    amount, rests_on = evaluate(view, area, each.formula)
    levels = levels_behind(view, area, each, rests_on)
    anchors = sorted(level.anchor_on for level in levels if level.anchor_on)
    facts = sorted(level.last_fact_on for level in levels if level.last_fact_on)
    bases = sorted({level.basis for level in levels if level.basis})
    return FigureShape(
        **ends_of(amount, is_ratio=each.is_ratio),
        unit=each.unit,
        known=amount is not None,
        at_least=at_least(view, area, each) if amount is None else None,
        places_known=len(rests_on),
        places=len(scope_of(area).added),
        last_fact_on=facts[0] if facts else None,
        anchor_on=anchors[0] if anchors else None,
        basis=bases[0] if len(bases) == 1 else "mixed" if bases else None,
        flags=list(figure_flags(view, area, each, amount, withheld)) if amount else [],
        explain=f"/v1/reports/{area}/figures/{each.name}{query}",
    )


def levels_behind(view: View, area: str, each: Figure, rests_on: tuple[str, ...]) -> list[Level]:
    found = each.formula.resolved(view, area)
    leaves = found.leaves() if found else ()
    return [level for place in rests_on for leaf in leaves for level in leaf.levels(view, place)]


def at_least(view: View, area: str, each: Figure) -> int | None:
    """What was counted of a level that is unknown. Of the rest of a district nothing is said."""
    if not isinstance(each.formula, LevelOf) or is_rest(area):
        return None
    return sum(view.level(place, each.formula.metric).at_least for place in scope_of(area).added)


def figure_flags(view: View, area: str, each: Figure, amount: Amount, withheld: Withheld = ALL_SHOWN) -> Iterator[str]:
    """A range that only reaches below zero contradicts nothing: it does when it lies there whole."""
    if amount.high < 0:
        yield BELOW_ZERO.get(each.name, "below_zero")
    if each.name == "coverage_percent" and amount.low > 100:
        yield BELOW_ZERO["unrecorded"]
    if each.name == "required_population" and is_misprint(view, area, amount, withheld):
        yield "suspect"


def is_misprint(view: View, area: str, required: Amount, withheld: Withheld) -> bool:
    """A required population ten times below those recorded is probably a misprint."""
    if withheld.has_figure("recorded"):
        return False
    recorded = evaluate(view, area, FIGURES["recorded"].formula).amount
    return recorded is not None and recorded.low > 0 and required.high * MISPRINT_FACTOR <= recorded.low


def running_month(view: View, area: str, withheld: Withheld = ALL_SHOWN) -> PeriodShape:
    """The month of the view's day. Closing comes with recaps; until then a period that has begun is open."""
    start, end = month_of(view.day)
    return PeriodShape(start=start, end=end, status="open", flows=period_flows(view, area, start, end, withheld))


def period_flows(view: View, area: str, start: date, end: date, withheld: Withheld) -> dict[str, FlowShape]:
    named = [metric for metric in FLOWS if not withheld.has_figure(metric)]
    found = {metric: evaluate(view, area, FlowOf(metric, start, end)) for metric in named}
    return {
        metric: FlowShape(
            **ends_of(flow.amount),
            unit=FLOWS[metric],
            known=flow.amount is not None,
            places_known=len(flow.places),
            places=len(scope_of(area).added),
        )
        for metric, flow in found.items()
    }


def check_statement(view: View, said: StatementRow, withheld: Withheld = ALL_SHOWN) -> StatementShape:
    """A statement beside our figure for the day it speaks of."""
    then = view.on(said.as_of)
    ours = evaluate(then, said.area, FIGURES[CHECKED[said.figure]].formula).amount if is_ours(said) else None
    theirs = said.stated
    is_ratio = is_ours(said) and FIGURES[CHECKED[said.figure]].is_ratio
    difference = number_shape(theirs.value - ours.value, is_ratio=is_ratio) if ours and theirs else None
    return StatementShape(
        id=str(said.id),
        label=said.label,
        figure=said.figure,
        stated=amount_shape(theirs) if theirs else None,
        as_published=said.as_published,
        qualifier=said.qualifier,
        as_of=said.as_of,
        stated_on=said.stated_on,
        speaker=said.speaker,
        publisher=said.publisher,
        note=said.note,
        ours=amount_shape(ours, is_ratio=is_ratio) if ours else None,
        check=statement_verdict(then, said, ours, withheld),
        difference=difference,
        implies=None if withheld.has_figure("blank_stock") else implied_use(then, said),
    )


def is_ours(said: StatementRow) -> bool:
    """Whether we have a figure of that name for such an area."""
    name = CHECKED.get(said.figure)
    return name is not None and not (FIGURES[name].districts_only and is_below_district(said.area))


def statement_verdict(then: View, said: StatementRow, ours: Amount | None, withheld: Withheld) -> str:
    theirs = said.stated
    if said.figure == "required_population" and theirs and is_misprint(then, said.area, theirs, withheld):
        return "suspect"
    if ours is None or theirs is None:
        return "cannot_be_checked"
    return "holds" if theirs.overlaps(ours) else "differs"


def implied_use(then: View, said: StatementRow) -> AmountWithUnit | None:
    """Stock said to be enough for some days implies a daily use, in blanks a day."""
    if said.figure != "blank_stock_cover_days" or not said.stated or said.stated.value <= 0:
        return None
    stock = evaluate(then, said.area, FIGURES["blank_stock"].formula).amount
    if stock is None:
        return None
    use = stock.multiplied_by(Fraction(1) / said.stated.value)
    return AmountWithUnit(**ends_of(use, is_ratio=True), unit="blanks_a_day")


def describe_item(view: View, item: Item, withheld: Withheld = ALL_SHOWN) -> ItemShape:
    """How long it has lasted: to its end if it has ended, else to the view's day."""
    ended = has_ended(item.kind, item.state)
    until = item.changed_on if ended else view.day
    late = (view.day - item.due_on).days if item.due_on and not ended else 0
    return ItemShape(
        id=item.id,
        area=item.area,
        state=item.state,
        since=item.since,
        changed_on=item.changed_on,
        due_on=item.due_on,
        lasted_days=(until - item.since).days,
        overdue_days=max(0, late),
        data=withheld.without_areas(dict(item.data)),
    )


def describe_target(view: View, item: Item, withheld: Withheld) -> TargetShape:
    """A part that is hidden, or worked out of what is, is unknown; so is a verdict that rests on one."""
    found, formulas = target_outlook(view, item), formulas_of(item, view.day)
    hidden = {
        part
        for part, formula in formulas.items()
        if withheld.has_figure(FIGURE_OF_PART[part]) or withheld.has_leaf(formula)
    }
    return TargetShape(
        id=item.id,
        area=item.area,
        set_on=item.changed_on,
        due_on=due_day(item),
        percent=item.data.get("percent"),
        recordings=item.data.get("recordings"),
        reason=item.data.get("reason", ""),
        required=amount_shape(None if "required" in hidden else found.required),
        remaining=amount_shape(None if "remaining" in hidden else found.remaining),
        working_days=found.working_days,
        pace_per_working_day=amount_shape(None if "pace" in hidden else found.pace, is_ratio=True),
        possible_pace=AssumedAmount(**ends_of(POSSIBLE_PACE), assumed=True),
        verdict="unknown" if hidden & {"remaining", "pace"} else found.verdict,
    )
