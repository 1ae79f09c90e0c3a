"""Results page: what a run of the benchmarks shows, on a terminal and as the page that is kept."""

import asyncio
import os
import platform
import sqlite3
import sys
from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import backends

Row = dict[str, Any]  # Any: JSON
PACKAGES = ("fastapi", "SQLAlchemy", "asyncpg", "aiokafka", "msgspec", "pydantic", "uvloop")
COLUMNS = ("", "path", "yardstick", "goal", "stretch", "median", "least", "largest", "verdict")


def environment_facts(at: datetime) -> Row:
    """The machine, the versions and the day."""
    versions = {name: version(name) for name in PACKAGES}
    machine = f"{processor()}, {os.cpu_count()} cores, {memory_gb()} GB, {platform.system()} {platform.machine()}"
    back_ends = {
        "PostgreSQL": asyncio.run(backends.postgres_version()),
        "Apache Kafka": "4.3.1",
        "SQLite": sqlite3.sqlite_version,
    }
    return {
        "date": at.date().isoformat(),
        "machine": machine,
        "versions": {"Python": platform.python_version(), **back_ends, **versions},
    }


def processor() -> str:
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "an unnamed processor"


def memory_gb() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)


def terminal_line(row: Row) -> str:
    return "  ".join(cells(row))


def cells(row: Row) -> list[str]:
    bound = "<=" if row["most"] else ">="
    figures = [format_figure(row[name], row["unit"]) for name in ("median", "least", "largest")]
    bounds = [row[name] for name in ("goal", "stretch")]
    wanted = ["" if each is None else f"{bound} {format_figure(each, row['unit'])}" for each in bounds]
    return [row["name"], row["path"], row["yardstick"], *wanted, *figures, row["verdict"]]


def format_figure(figure: float, unit: str) -> str:
    return f"{figure:.2f}" if unit == "x" else f"{figure:.3g} {unit}" if figure < 1000 else f"{figure:.0f} {unit}"


def terminal_table(rows: Sequence[Row]) -> str:
    """Columns in line, for a terminal."""
    found = [list(COLUMNS), *(cells(row) for row in rows)]
    widths = [max(len(row[column]) for row in found) for column in range(len(COLUMNS))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in found)


def markdown_page(rows: Sequence[Row], about: Row) -> str:
    """What was measured last of each goal, as Markdown."""
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    columns = (*COLUMNS, "rounds", "day")
    found = [[*cells(row), str(len(row["rounds"])), row["date"]] for row in rows]
    lines = ["| " + " | ".join(each) + " |" for each in (columns, ["---"] * len(columns), *found)]
    return f"""# Results

Written by `make bench`. Figures with a unit are absolute and move with the machine; all others are ratios of product to
yardstick, taken in turn in one run: the median of the rounds, the least, the largest. A goal that is not here was not
measured. A line without a goal tells what the plain path reaches where a faster one is in use.

{about["machine"]}. {versions}.

{chr(10).join(lines)}
"""
