"""Results: a line for each figure, the newest of each on the page, the last runs kept."""

from pathlib import Path

import pytest

from tests.faults import results


@pytest.fixture(autouse=True)
def own_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(results, "FOLDER", folder)
    return folder


class TestPage:
    def test_has_the_newest_line_of_each_figure_in_order(
        self, own_folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        results.record("P10", "errors", 3, 0, passed=False)
        monkeypatch.setattr(results, "run_name", lambda: "99999999T000000-later")
        results.record("P10", "errors", 0, 0, passed=True)
        results.record("P5", "back after", 2.5, 5, passed=True, unit="s", seed=7)

        page = results.render_page(results.newest(own_folder.glob("*.jsonl")).values())

        lines = [line for line in page.splitlines() if line.startswith("| P")]
        assert [line.rpartition(" | ")[0] for line in lines] == [
            "| P5 | back after | 2.5 s | 5 s | yes",
            "| P10 | errors | 0 | 0 | yes",
        ]
        assert "Apache Kafka" in page

    def test_says_what_was_not_kept(self, own_folder: Path) -> None:
        with pytest.raises(AssertionError, match="P6, rows differing: 2"):
            results.check_at_most("P6", "rows differing", 2, 0)

        assert "| **no** |" in results.render_page(results.newest(own_folder.glob("*.jsonl")).values())

    def test_keeps_the_last_runs(self, own_folder: Path) -> None:
        for number in range(results.RUNS_KEPT + 5):
            (own_folder / f"2026{number:04}.jsonl").touch()

        results.record("P5", "kills", 20, passed=True)

        left = sorted(file.name for file in own_folder.glob("*.jsonl"))
        assert len(left) == results.RUNS_KEPT
        assert left[0] == "20260006.jsonl"


class TestBounds:
    def test_of_the_wall_clock_are_held_with_an_allowance(
        self, own_folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("REKAP_FAULTS_ALLOWANCE", "2")
        results.check_seconds("P8", "takeover", 11.9, 6)
        assert "| busy machine: 2 times allowed |" in results.render_page(
            results.newest(own_folder.glob("*.jsonl")).values()
        )

        with pytest.raises(AssertionError, match="bound 6 s times 2"):
            results.check_seconds("P8", "takeover", 12.1, 6)
