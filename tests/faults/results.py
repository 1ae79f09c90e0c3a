"""Results: what each fault test measured, one JSON line each; the page `docs/reliability.md` is written from them.

A run has a file of its own in `build/reliability/`; the last 20 are kept, so that a slope shows. The page takes the
newest line of each promise: `python -m tests.faults.results`.
"""

import json
import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from tests.backends import kafka_jars, run_state

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build" / "reliability"
PAGE = ROOT / "docs" / "reliability.md"
RUNS_KEPT = 20


class Result(NamedTuple):
    """One figure of one promise. figure, bound: in `unit`, or a word; no bound: it is only recorded.

    slow: held only with the allowance of a busy machine.
    """

    promise: str
    what: str
    figure: str
    bound: str
    passed: bool
    unit: str = ""
    seed: str = ""
    slow: bool = False
    full: bool = False
    at: str = ""
    versions: str = ""


def record(
    promise: str,
    what: str,
    figure: float | str,
    bound: float | str = "",
    *,
    passed: bool,
    unit: str = "",
    seed: int | str = "",
    slow: bool = False,
) -> None:
    """Write a line. promise: `P5`. what: the figure in words, the same in every run."""
    told = Result(
        promise, what, format_number(figure), format_number(bound), passed, unit, str(seed), slow, is_full(),
        datetime.now(UTC).isoformat(timespec="seconds"), versions(),
    )  # fmt: skip
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / f"{run_name()}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(told._asdict(), ensure_ascii=False) + "\n")
    remove_old_runs()


def check_at_most(
    promise: str, what: str, figure: float, bound: float, *, unit: str = "", seed: int | str = "", least: bool = False
) -> None:
    """Write a line and hold the figure to its bound. least: the bound is the least it may be."""
    passed = figure >= bound if least else figure <= bound
    record(
        promise,
        what,
        figure,
        f"at least {format_number(bound)}" if least else bound,
        passed=passed,
        unit=unit,
        seed=seed,
    )
    assert passed, f"{promise}, {what}: {format_number(figure)} {unit}, bound {format_number(bound)}"


def check_seconds(promise: str, what: str, figure: float, bound: float, *, seed: int | str = "") -> None:
    """A time of the wall clock: the bound is that of an idle machine, held with the allowance of a busy one."""
    passed = figure <= bound * time_factor()
    record(promise, what, figure, bound, passed=passed, unit="s", seed=seed, slow=figure > bound)
    assert passed, f"{promise}, {what}: {figure:.1f} s, bound {bound:g} s times {time_factor():g}"


def time_factor() -> float:
    """How much slower than an idle machine of two cores this one may be; REKAP_FAULTS_ALLOWANCE says otherwise."""
    return float(os.environ.get("REKAP_FAULTS_ALLOWANCE", "3"))


def is_full() -> bool:
    return os.environ.get("REKAP_FAULTS") == "full"


def size_for_run(usual: int, full: int) -> int:
    """How many: in every run, and in one with REKAP_FAULTS=full."""
    return full if is_full() else usual


def format_number(number: float | str) -> str:
    return number if isinstance(number, str) else f"{round(number, 2):g}" if isinstance(number, float) else str(number)


@cache
def run_name() -> str:
    """The same in every process of a run, and sorted by when it began."""
    began = (
        datetime.fromtimestamp(run_state.run_folder().stat().st_ctime, UTC)
        if run_state.VARIABLE in os.environ
        else datetime.now(UTC)
    )
    mark = run_state.run_folder() / "reliability"
    if run_state.VARIABLE in os.environ:
        if not mark.exists():
            mark.write_text(f"{began:%Y%m%dT%H%M%S}-{run_state.run_folder().name.removeprefix(run_state.PREFIX)}")
        return mark.read_text()
    return f"{began:%Y%m%dT%H%M%S}-{os.getpid()}"


@cache
def versions() -> str:
    names = ("aiokafka", "SQLAlchemy", "asyncpg")
    kafka = kafka_jars.KAFKA.rpartition(":")[2]
    mine = ", ".join(f"{name} {version(name)}" for name in names)
    return f"Python {platform.python_version()}, Apache Kafka {kafka}, {mine}"


def remove_old_runs() -> None:
    for old in sorted(FOLDER.glob("*.jsonl"))[:-RUNS_KEPT]:
        old.unlink(missing_ok=True)


def newest(files: Iterable[Path]) -> dict[tuple[str, str], Result]:
    """The last line of each figure, whatever run it is from; a full run beats none."""
    found: dict[tuple[str, str], Result] = {}
    for file in sorted(files):
        for line in file.read_text(encoding="utf-8").splitlines():
            result = Result(**json.loads(line))
            found[result.promise, result.what] = result
    return found


HEAD = """# Reliability

What was broken on purpose and what came of it. Written by the run itself (`make prove`): each line is the newest
measurement of one figure. Times are of a shared machine of two cores; bounds of the wall clock are those of an idle
one and are held with an allowance, counts never are. After each run the whole history was checked: every acknowledged
write exactly once, every refused one absent, every unknown one zero times or once, reports as a plain count has them.

| promise | what | figure | bound | kept | date |
|---|---|---|---|---|---|
"""


def render_page(found: Iterable[Result]) -> str:
    ordered = sorted(found, key=lambda each: (each.promise[0] != "P", int(each.promise[1:]), each.what))
    lines = [table_line(each) for each in ordered]
    told = sorted({each.versions for each in ordered})
    return HEAD + "\n".join(lines) + "\n\n" + "\n".join(f"With {each}." for each in told) + "\n"


def table_line(each: Result) -> str:
    size = ", full size" if each.full else ""
    unit = f" {each.unit}" if each.unit else ""
    bound = f"{each.bound}{unit}" if each.bound else "recorded"
    kept = "**no**" if not each.passed else f"busy machine: {time_factor():g} times allowed" if each.slow else "yes"
    return f"| {each.promise} | {each.what}{size} | {each.figure}{unit} | {bound} | {kept} | {each.at[:10]} |"


def main() -> None:
    found = newest(FOLDER.glob("*.jsonl"))
    PAGE.write_text(render_page(found.values()), encoding="utf-8")
    print(f"{len(found)} figures in {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
