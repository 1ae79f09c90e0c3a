"""Unknown figures: their reason in words."""

from services.reporting.analysis.unknown import Cause, Reason, why_unknown
from services.reporting.levels.formulas import Leaf
from services.reporting.levels.snapshot import View
from services.reporting.portal.page_context import PageContext
from services.reporting.reports.withheld import Withheld
from services.reporting.schemas.figure import FigureShape
from services.reporting.subjects.figures import FIGURES
from shared.base import areas

SENTENCES = {
    Cause.NO_TARGET: "why_no_target",
    Cause.NO_DISTRICT: "why_no_district",
    Cause.NOBODY_SAID: "why_nobody_said",
    Cause.ONLY_DISTRICT: "why_only_district",
    Cause.NOBODY_SAID_OF_DISTRICT: "why_nobody_said_of_district",
    Cause.HIDDEN: "unknown",
    Cause.MISSING: "why_derived",
    Cause.NOTHING_TO_DIVIDE: "why_nothing_to_divide",
}


def why(context: PageContext, view: View, name: str, figure: FigureShape, withheld: Withheld) -> str:
    """One sentence or two. view: holds the district and its sub-districts."""
    reason = why_unknown(view, context.area, FIGURES[name].formula, withheld.has_leaf)
    sentence = in_words(context, reason)
    if reason.cause is Cause.NO_DISTRICT or not figure.at_least:
        return sentence
    return f"{sentence} {context.t('why_counted', n=context.t.number(figure.at_least))}"


def in_words(context: PageContext, reason: Reason) -> str:
    t, key = context.t, SENTENCES[reason.cause]
    if reason.cause is Cause.MISSING:
        return t(key, figures=t.listed(sorted({quoted(context, leaf) for leaf in reason.missing})))
    if reason.cause in (Cause.ONLY_DISTRICT, Cause.NOBODY_SAID_OF_DISTRICT):
        return t(key, name=areas.name_of(areas.district_of(context.area)))
    return t(key)


def quoted(context: PageContext, leaf: Leaf) -> str:
    return f"“{leaf.text('en' if context.t.code == 'en' else 'id')}”"
