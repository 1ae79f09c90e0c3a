"""A sub-district, and what is in none: what is known, what is not, and why."""

from services.reporting.levels.scopes import is_below_district
from services.reporting.levels.snapshot import View
from services.reporting.portal.page_context import PageContext
from services.reporting.portal.pages.layout import Page, place_name, with_layout
from services.reporting.portal.pages.levels import levels_section
from services.reporting.portal.pages.statements import list_statements
from services.reporting.portal.pages.unknown import why
from services.reporting.reports.withheld import Withheld
from services.reporting.schemas.report import ReportAnswer
from services.reporting.schemas.series import Series


def page(context: PageContext, report: ReportAnswer, view: View, over_time: Series | None, withheld: Withheld) -> Page:
    """view: of books that hold the district too."""
    figures = report.figures
    unknown = [(name, why(context, view, name, each, withheld)) for name, each in figures.items() if not each.known]
    connection = next(iter(report.items["connection"]), None)
    return with_layout(
        context,
        report,
        place_name(context.t, context.area),
        {
            "known": [name for name, each in figures.items() if each.known],
            "unknown": by_reason(unknown),
            "is_subdistrict": is_below_district(context.area),
            "connection": connection,
            "levels": levels_section(context, over_time) if over_time else None,
            "things": [(kind, each) for kind, found in report.items.items() if kind != "connection" for each in found],
            "statements": list_statements(context, report.statements),
        },
    )


def by_reason(unknown: list[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    """Figures that are unknown for the same reason share it."""
    found: dict[str, list[str]] = {}
    for name, reason in unknown:
        found.setdefault(reason, []).append(name)
    return list(found.items())
