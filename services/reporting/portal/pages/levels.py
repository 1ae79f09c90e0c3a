"""Levels over time: the lines of a place, in two widths, with their table."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from markupsafe import Markup

from services.reporting.portal import charts
from services.reporting.portal.page_context import PageContext
from services.reporting.schemas.series import PointShape, Series

OVER_TIME = ("required_population", "recorded", "printed_first")
WIDTHS = {"wide": 760, "narrow": 350}
ROWS_AT_MOST = 24


class Levels(NamedTuple):
    """lines: number, figure and mark of each. rows: days with the point of each line, the latest first."""

    lines: list[tuple[int, str, Markup]]
    charts: dict[str, Markup]
    rows: list[tuple[date, list[PointShape | None]]]
    left_out: int


def levels_section(context: PageContext, over_time: Series) -> Levels:
    drawn = [charts.Line(name, points) for name, points in over_time.points.items() if points]
    days = sorted({point.on for line in drawn for point in line.points}, reverse=True)
    at = {(line.name, point.on): point for line in drawn for point in line.points}
    return Levels(
        lines=[(number, line.name, charts.key(number)) for number, line in enumerate(drawn)],
        charts={kind: chart(context, drawn, over_time.until, width) for kind, width in WIDTHS.items()},
        rows=[(day, [at.get((line.name, day)) for line in drawn]) for day in days[:ROWS_AT_MOST]],
        left_out=max(0, len(days) - ROWS_AT_MOST),
    )


def chart(context: PageContext, drawn: Sequence[charts.Line], until: date, width: int) -> Markup:
    label = context.t("levels_label", figures=", ".join(context.t.figure(line.name) for line in drawn))
    return charts.lines(drawn, until, context.t, label, width=width)
