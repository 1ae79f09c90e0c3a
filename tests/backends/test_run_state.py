"""A run: back ends start once, what is missing is said aloud, nothing outlives it, and the summary counts right."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.backends import back_end_report, run_state


@pytest.fixture
def other_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Another run than the one this test is in."""
    folder = tmp_path / f"{run_state.PREFIX}1-other"
    folder.mkdir()
    monkeypatch.setenv(run_state.VARIABLE, str(folder))
    return folder


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    process.kill()
    process.wait()


class TestStartOnce:
    def test_starts_once(self, other_run: Path) -> None:
        asked: list[Path] = []

        def start(folder: Path) -> run_state.StartedBackEnd:
            asked.append(folder)
            return run_state.StartedBackEnd(where="here", facts={"It": "started"})

        assert (
            run_state.start_once("it", start)
            == run_state.start_once("it", start)
            == run_state.StartedBackEnd("here", [], {"It": "started"})
        )
        assert asked == [other_run / "it"]

    def test_what_is_missing_is_not_tried_again(self, other_run: Path) -> None:
        def fail(folder: Path) -> run_state.StartedBackEnd:
            raise run_state.BackEndMissing(f"no way to {folder.name}")

        for _ in range(2):
            with pytest.raises(run_state.BackEndMissing, match="no way to it"):
                run_state.start_once("it", fail)


class TestSkipOrFail:
    def test_skips_on_a_desk(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("CI", raising=False)
        with pytest.raises(pytest.skip.Exception, match="Kafka cannot be had: no Java"):
            run_state.skip_or_fail("Kafka", run_state.BackEndMissing("no Java"))

    def test_fails_where_nothing_may_be_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CI", "true")
        with pytest.raises(pytest.fail.Exception, match="Kafka cannot be had: no Java"):
            run_state.skip_or_fail("Kafka", run_state.BackEndMissing("no Java"))


class TestRemoveOldRuns:
    def test_ends_what_a_killed_run_left(
        self, tmp_path: Path, sleeper: subprocess.Popen[bytes], other_run: Path
    ) -> None:
        gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
        left = other_run.rename(tmp_path / f"{run_state.PREFIX}{int(gone.stdout)}-left")
        note = run_state.StartedBackEnd(processes=[run_state.ProcessRecord.of(sleeper.pid)])
        (left / "it.json").write_text(run_state.as_json(note))

        run_state.remove_old_runs(tmp_path)

        assert not left.exists()
        assert sleeper.poll() is not None

    def test_leaves_the_living_alone(self, other_run: Path) -> None:
        run_state.remove_old_runs(other_run.parent)

        assert other_run.exists()

    def test_ends_no_stranger_with_the_same_number(self, sleeper: subprocess.Popen[bytes]) -> None:
        run_state.ProcessRecord(sleeper.pid, psutil.Process(sleeper.pid).create_time() - 60).end()

        assert sleeper.poll() is None


def report_of(when: str, outcome: str, *back_ends: str, reason: str = "") -> pytest.TestReport:
    return pytest.TestReport(
        "test",
        ("file", 1, "test"),
        {},
        outcome,  # type: ignore[arg-type]  # one of its literals
        ("file", 1, f"Skipped: {reason}") if reason else None,
        when,  # type: ignore[arg-type]  # one of its literals
        user_properties=[(back_end_report.PROPERTY, name) for name in back_ends],
        duration=0.5,
    )


class TestSummary:
    def test_counts_a_test_once_and_all_its_time(self) -> None:
        reports = [report_of(when, "passed", "postgres", "kafka") for when in ("setup", "call", "teardown")]

        lines = back_end_report.collect_lines(reports)

        assert lines["postgres"] == lines["kafka"] == back_end_report.ReportLine({"passed": 1}, 1.5, set())  # type: ignore[arg-type]
        assert lines["sqlite"] == back_end_report.ReportLine()

    def test_keeps_why_one_is_missing(self) -> None:
        [line] = [
            line
            for line in back_end_report.collect_lines(
                [report_of("setup", "skipped", "kafka", reason="no Java")]
            ).values()
            if line.outcomes
        ]

        assert (line.outcomes, line.reasons) == ({"skipped": 1}, {"no Java"})
