"""`rekap simulate` and `rekap clock` as a person uses them, beside a `rekap run` with the five offices' figures."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from shared.base import clock
from tests import factories
from tests.deploy.test_run import Machine, machine

__all__ = ["machine"]

pytestmark = pytest.mark.timeout(300)
SIMULATE = ("simulate", "--area", "61.03", "--days", "4", "--recordings", "40", "--check")


class TestSimulate:
    def test_adds_up_among_what_was_loaded_and_tells_what_does_not(self, machine: Machine) -> None:
        machine.start()
        machine.until(lambda: machine.recorded() == 254_635)

        done, again = machine.rekap(*SIMULATE), machine.rekap(*SIMULATE)

        assert done.returncode == 0, done.stdout + done.stderr
        assert ": 0 differences" in done.stdout
        assert again.returncode == 0, again.stdout + again.stderr
        assert replay_count(again.stdout) > replay_count(done.stdout) + 40

        move_people(machine)
        found = machine.rekap(*SIMULATE, "--no-send")

        assert found.returncode == 1, found.stdout
        assert "61.03 latest required_population: " in found.stderr
        assert " recorded: " not in found.stderr

    def test_refuses_what_is_no_plan(self, machine: Machine) -> None:
        for words in (["--area", "61.03.01"], ["--area", "77"], ["--begin", "someday"], ["--begin", "2099-01-01"]):
            refused = machine.rekap("simulate", *words)
            assert refused.returncode == 2, words
            assert "Traceback" not in refused.stderr


def replay_count(told: str) -> int:
    """Some are sent twice on purpose, the first time already."""
    return int(told.partition(" known already")[0].rpartition(" ")[2])


def move_people(machine: Machine) -> None:
    """Somebody tells something that the simulator did not do."""
    before, token = required_population(machine), machine.rekap("token", "--scope", "recording:write", "--areas", "*")
    body = {"id": str(factories.new_id()), "area": "61.03.01", "people": 3, "reason": "moved_in"}
    answer = httpx.post(
        f"http://127.0.0.1:{machine.ports['recording']}/v1/required-population-movements",
        json=body | {"occurred_on": clock.today("61.03").isoformat()},
        headers={"Authorization": f"Bearer {token.stdout.strip()}"},
        trust_env=False,
    )
    assert answer.status_code == 201, answer.text
    machine.until(lambda: required_population(machine) == before + 3)


def required_population(machine: Machine) -> int:
    found: int = machine.get("reporting", "/v1/reports/61.03").json()["figures"]["required_population"]["value"]
    return found


class TestClock:
    def test_begins_and_only_goes_on(self, tmp_path: Path) -> None:
        assert rekap("clock", "2018-01-02", file=tmp_path / "clock").returncode == 0
        assert (tmp_path / "clock").read_text() == "2018-01-02T05:00:00+00:00"

        back = rekap("clock", "2018-01-01", file=tmp_path / "clock")

        assert back.returncode == 1
        assert back.stderr.startswith("rekap: ")

    def test_needs_a_file_and_a_day(self, tmp_path: Path) -> None:
        assert rekap("clock", "2018-01-01", file=None).returncode == 2
        assert rekap("clock", "today", file=tmp_path / "clock").returncode == 2

    def test_nothing_starts_where_no_time_stands(self, tmp_path: Path) -> None:
        refused = rekap("serve", "equipment", file=tmp_path / "clock", REKAP_DATA_FOLDER=str(tmp_path))

        assert refused.returncode == 1
        assert "rekap clock" in refused.stderr

    def test_nothing_starts_with_it_in_production(self, tmp_path: Path) -> None:
        rekap("clock", "2018-01-01", file=tmp_path / "clock")
        production = {
            "REKAP_ENVIRONMENT": "production", "REKAP_SECRET_KEY": "x" * 40, "REKAP_DATA_FOLDER": str(tmp_path),
            "REKAP_ISSUER": "https://issuer.example", "REKAP_JWKS": "https://issuer.example/jwks",
            "REKAP_FEED_TOKEN_FILE": str(tmp_path / "token"),
        }  # fmt: skip

        refused = rekap("serve", "equipment", file=tmp_path / "clock", **production)

        assert refused.returncode != 0
        assert "REKAP_CLOCK_FILE" in refused.stderr


def rekap(*words: str, file: Path | None, **environment: str) -> subprocess.CompletedProcess[str]:
    own = {"REKAP_CLOCK_FILE": str(file)} if file else {}
    command = [sys.executable, "-m", "deploy.cli", *words]
    return subprocess.run(
        command, env={**os.environ, **own, **environment}, capture_output=True, text=True, check=False, timeout=60
    )
