"""Prometheus's rules: readable, tried against invented histories, each alert tried and explained."""

import re
from pathlib import Path

import pytest

from tests.stack.promtool import FOLDER, alerts, output_of, promtool

TESTS = sorted(FOLDER.glob("*_test.yml"))
OPERATORS = Path(__file__).parents[2] / "docs" / "operators.md"


class TestRules:
    def test_can_be_read(self) -> None:
        for words in (("check", "rules", "rules.yml"), ("check", "config", "prometheus.yml")):
            assert (checked := promtool(*words)).returncode == 0, output_of(checked)

    @pytest.mark.parametrize("file", TESTS, ids=lambda file: file.stem)
    def test_fire_when_they_should_and_only_then(self, file: Path) -> None:
        tried = promtool("test", "rules", file.name)
        assert tried.returncode == 0, output_of(tried)

    def test_a_rule_that_is_wrong_fails_its_test(self, tmp_path: Path) -> None:
        wrong = (FOLDER / "rules.yml").read_text().replace("> 14.4 * 0.001", "> 144 * 0.001")
        (tmp_path / "rules.yml").write_text(wrong)
        (tmp_path / "rules_test.yml").write_text((FOLDER / "rules_test.yml").read_text())
        assert promtool("test", "rules", str(tmp_path / "rules_test.yml")).returncode == 1

    @pytest.mark.parametrize("alert", alerts())
    def test_are_each_seen_to_fire(self, alert: str) -> None:
        tried = "\n".join(file.read_text() for file in TESTS)
        fired = re.findall(rf"alertname: {alert}\n\s+exp_alerts:\n\s+- exp_labels", tried)
        assert fired, "no test in which it fires"

    @pytest.mark.parametrize("alert", alerts())
    def test_say_how_urgent_they_are_and_stand_in_the_guide(self, alert: str) -> None:
        rule = alerts()[alert]
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"]
        assert f"`{alert}`" in OPERATORS.read_text(encoding="utf-8")
