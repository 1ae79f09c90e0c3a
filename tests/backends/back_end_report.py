"""Back end report: which back ends took part in a run, with how many tests, and why one did not."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest

from tests.backends import run_state

PROPERTY = "back end"  # on a test's report, so that it travels from the workers to the first process
BACK_ENDS = ("sqlite", "feed", "postgres", "kafka")
SLOWEST = 10


def note_back_end(node: pytest.Item, back_end: str) -> None:
    """Note that a test runs on a back end, whatever becomes of it."""
    if (PROPERTY, back_end) not in node.user_properties:
        node.user_properties.append((PROPERTY, back_end))


@dataclass
class ReportLine:
    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    reasons: set[str] = field(default_factory=set)


def collect_lines(reports: Iterable[pytest.TestReport]) -> dict[str, ReportLine]:
    lines = {name: ReportLine() for name in BACK_ENDS}
    for report in reports:
        for key, back_end in report.user_properties:
            if key == PROPERTY:
                count(lines[str(back_end)], report)
    return lines


def count(line: ReportLine, report: pytest.TestReport) -> None:
    line.seconds += report.duration
    if report.when == "call" or report.outcome != "passed":  # a test is counted once: at its call or where it stopped
        line.outcomes[report.outcome] += 1
    if report.skipped and isinstance(report.longrepr, tuple):
        line.reasons.add(report.longrepr[2].removeprefix("Skipped: "))


def seconds_by_file(reports: Iterable[pytest.TestReport]) -> dict[str, float]:
    """Starting and ending what a file uses counts too."""
    seconds: dict[str, float] = {}
    for report in reports:
        file = report.nodeid.partition("::")[0]
        seconds[file] = seconds.get(file, 0.0) + report.duration
    return seconds


def write_section(reporter: pytest.TerminalReporter) -> None:
    reports = [report for kind in reporter.stats.values() for report in kind if isinstance(report, pytest.TestReport)]
    reporter.section(f"slowest {SLOWEST} files")
    by_file = seconds_by_file(reports)
    for file in sorted(by_file, key=by_file.__getitem__, reverse=True)[:SLOWEST]:
        reporter.write_line(f"{by_file[file]:8.1f} s  {file}")
    reporter.section("back ends")
    for name, line in collect_lines(reports).items():
        outcomes = ", ".join(f"{number} {outcome}" for outcome, number in sorted(line.outcomes.items()))
        reporter.write_line(f"{name:<10}{outcomes or 'no test'}{f', {line.seconds:.1f} s' if outcomes else ''}")
        for reason in sorted(line.reasons):
            reporter.write_line(f"{'':<10}MISSING: {reason}", red=True)
    for started in run_state.all_started():
        if started.facts:
            reporter.write_line(", ".join(f"{key} {value}" for key, value in started.facts.items()))
