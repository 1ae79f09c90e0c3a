"""CSV: a report and an explanation as tables (RFC 4180, with a byte order mark), harmless in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence

from msgspec import to_builtins

from services.reporting.schemas.amount import HasEnds
from services.reporting.schemas.explanation import ExplanationAnswer
from services.reporting.schemas.report import ReportAnswer

Cell = str | int | None

BOM = "﻿"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
FIGURE_COLUMNS = (
    "figure", "value", "low", "high", "unit", "known", "at_least", "places_known", "places", "last_fact_on",
    "anchor_on", "basis", "flags", "explain",
)  # fmt: skip
TRACE_COLUMNS = ("metric", "area", "name", "kind", "day", "cause", "value", "low", "high", "source", "reason")


def report_table(report: ReportAnswer) -> bytes:
    """A row for each figure, and the view it was seen in on each."""
    view = ("area", "as_of", "known_on", "complete_until")
    start = [cell_of(getattr(report, column)) for column in view]
    rows = [
        [*start, name, *(cell_of(getattr(figure, column)) for column in FIGURE_COLUMNS[1:])]
        for name, figure in report.figures.items()
    ]
    return write_csv((*view, *FIGURE_COLUMNS), rows)


def explanation_table(explanation: ExplanationAnswer) -> bytes:
    """A row for each anchor, delta and covered fact."""
    rows: list[list[Cell]] = []
    for leaf in explanation.leaves:
        for place in leaf.places:
            about = [leaf.metric, place.area, place.name]
            if anchor := place.anchor:
                why = [anchor.source or "", anchor.reason or ""]
                rows.append([*about, "anchor", cell_of(anchor.as_of), "", *ends(anchor.amount or place.amount), *why])
            for kind, deltas in (("deltas", place.deltas), ("covered", place.covered)):
                found = deltas or []
                rows += [[*about, kind, cell_of(row.occurred_on), row.cause, *ends(row), "", ""] for row in found]
            rows.append([*about, "level", cell_of(explanation.as_of), "", *ends(place.amount), "", ""])
    return write_csv(TRACE_COLUMNS, rows)


def ends(amount: HasEnds) -> list[Cell]:
    return [amount.value, amount.low, amount.high]


def cell_of(value: object) -> Cell:
    """Words one after another, days and instants as JSON has them."""
    if isinstance(value, list):
        return " ".join(value)
    return value if value is None or isinstance(value, str | int) else to_builtins(value)


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([escape_formula(cell) for cell in row] for row in rows)
    return (BOM + out.getvalue()).encode()


def escape_formula(cell: Cell) -> Cell:
    """Text that a spreadsheet would run as a formula gets a leading apostrophe; numbers stay numbers."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, str) and cell.lstrip("\"' ").startswith(FORMULA_STARTS):
        return cell if is_number(cell) else f"'{cell}"
    return cell


def is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdecimal() and text.isascii()
