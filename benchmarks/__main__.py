"""`python -m benchmarks [G1 G8 ...]`: runs the goals, prints a line for each, exits 1 where one is missed.

What was measured stands in `results.json` and `RESULTS.md`, each goal's newest run with its day and its rounds.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import backends, results_page
from benchmarks.harness import RESULT_FILE
from shared.base import clock

HERE = Path(__file__).parent
SECONDS_AT_MOST = 600  # of one goal
Row = dict[str, Any]  # Any: JSON


def main(wanted: Sequence[str]) -> int:
    found = modules()
    if unknown := set(wanted) - set(found):
        print(f"There is no goal {', '.join(sorted(unknown))}; there are {', '.join(found)}.", file=sys.stderr)
        return 2
    rows: list[Row] = []
    failed: list[str] = []
    with backends.running_backends():
        about = results_page.environment_facts(clock.now())
        for name, module in found.items():
            if not wanted or name in wanted:
                rows += (new := run(name, module))
                failed += [] if new else [name]
                print(*(results_page.terminal_line(row) for row in new), sep="\n", flush=True)
                keep([{**row, "date": about["date"]} for row in new], about)
    print("\n" + results_page.terminal_table(rows))
    for name in failed:
        print(f"{name} did not come to an end.", file=sys.stderr)
    return 1 if failed or any(row["verdict"] == "missed" for row in rows) else 0


def keep(new: Sequence[Row], about: Row) -> None:
    """In the place of what the same goals had before."""
    file = HERE / "results.json"
    before = json.loads(file.read_text())["goals"] if file.exists() else []
    rows = {row["name"]: row for row in [*before, *new]}
    goals = sorted(rows.values(), key=lambda row: (int(row["name"].split()[0][1:]), row["name"]))
    file.write_text(json.dumps({**about, "goals": goals}, indent=1) + "\n")
    (HERE / "RESULTS.md").write_text(results_page.markdown_page(goals, about))


def modules() -> dict[str, str]:
    """G1 -> `g01_live_fold`, in order."""
    return {f"G{int(file.name[1:3])}": file.stem for file in sorted(HERE.glob("g[0-9][0-9]_*.py"))}


def run(name: str, module: str) -> list[Row]:
    """Each goal in a process of its own: no garbage, patches or memory of another. -> its rows; none if it failed."""
    print(f"{name} ...", file=sys.stderr, flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "rows.json")
        command = [sys.executable, "-m", f"benchmarks.{module}"]
        try:
            subprocess.run(
                command,
                env={**os.environ, RESULT_FILE: str(file)},
                check=True,
                timeout=SECONDS_AT_MOST,
                cwd=HERE.parent,
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            print(error, file=sys.stderr)
            return []
        rows: list[Row] = json.loads(file.read_text())
    seconds = round(time.monotonic() - began, 1)
    return [{**row, "seconds": seconds} for row in rows]


if __name__ == "__main__":
    sys.exit(main([word.upper() for word in sys.argv[1:]]))
