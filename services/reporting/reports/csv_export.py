"""CSV: a report and an explanation as tables (RFC 4180, with a byte order mark), harmless in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from services.reporting.reports.serialize import Json

BOM = "﻿"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
FIGURE_COLUMNS = (
    "figure", "value", "low", "high", "unit", "known", "at_least", "places_known", "places", "last_fact_on",
    "anchor_on", "basis", "flags", "explain",
)  # fmt: skip
TRACE_COLUMNS = ("metric", "area", "name", "kind", "day", "cause", "value", "low", "high", "source", "reason")


def report_table(report: Json) -> bytes:
    """A row for each figure, and the view it was seen in on each."""
    columns = ("area", "as_of", "known_on", "complete_until", *FIGURE_COLUMNS)
    view = [report[name] for name in columns[:4]]
    rows = [
        [*view, name, *(cell_of(each[column]) for column in FIGURE_COLUMNS[1:])]
        for name, each in report["figures"].items()
    ]
    return write_csv(columns, rows)


def explanation_table(told: Json) -> bytes:
    """A row for each anchor, delta and covered fact."""
    rows = []
    for leaf in told["leaves"]:
        for place in leaf["places"]:
            about = [leaf["metric"], place["area"], place["name"]]
            if anchor := place["anchor"]:
                amount = anchor.get("amount") or place["amount"]
                why = [anchor.get("source", ""), anchor.get("reason", "")]
                rows.append([*about, "anchor", anchor["as_of"], "", *amount_cells(amount), *why])
            for kind in ("deltas", "covered"):
                found = place.get(kind, ())
                rows += [[*about, kind, row["occurred_on"], row["cause"], *amount_cells(row), "", ""] for row in found]
            rows.append([*about, "level", told["as_of"], "", *amount_cells(place["amount"]), "", ""])
    return write_csv(TRACE_COLUMNS, rows)


def amount_cells(amount: Json) -> list[Any]:
    return [amount["value"], amount["low"], amount["high"]]


def cell_of(value: Any) -> Any:
    return " ".join(value) if isinstance(value, list) else value


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([escape_formula(cell) for cell in row] for row in rows)
    return (BOM + out.getvalue()).encode()


def escape_formula(cell: Any) -> Any:
    """Text that a spreadsheet would run as a formula gets a leading apostrophe; numbers stay numbers."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, str) and cell.lstrip("\"' ").startswith(FORMULA_STARTS):
        return cell if is_number(cell) else f"'{cell}"
    return cell


def is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdecimal() and text.isascii()
