"""The image's recipe, as a linter and as its promises have it; no container engine is asked."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.backends import run_state

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")
STEPS = re.sub(r"\\\n\s*", " ", "\n".join(line for line in TEXT.splitlines() if not line.startswith("#")))
LAST_STAGE = STEPS.rpartition("\nFROM ")[2]
LABELS = ("title", "description", "licenses", "vendor", "version", "revision", "created", "base.name", "base.digest")


class TestDockerfile:
    def test_the_linter_finds_nothing(self) -> None:
        assert lint(ROOT / "Dockerfile") == (0, "")

    def test_the_linter_finds_something(self, tmp_path: Path) -> None:
        (tmp_path / "Dockerfile").write_text("FROM python:latest\nRUN cd /opt && pip install rekap\n")
        assert "DL3007" in lint(tmp_path / "Dockerfile")[1]

    def test_has_two_stages_and_takes_only_the_environment_along(self) -> None:
        assert len(re.findall(r"^FROM ", STEPS, re.MULTILINE)) == 2
        assert re.findall(r"^COPY (.*)$", LAST_STAGE, re.MULTILINE) == ["--from=build /opt/rekap /opt/rekap"]
        assert "pip install" not in LAST_STAGE

    def test_its_base_is_a_release_of_slim_debian(self) -> None:
        [base] = re.findall(r"^ARG PYTHON=(.*)$", STEPS, re.MULTILINE)
        assert re.fullmatch(r"python:3\.\d+-slim-[a-z]+", base)
        assert re.findall(r"^FROM (\S+)", STEPS, re.MULTILINE) == ["${PYTHON}", "${PYTHON}"]
        assert base in re.findall(r'base\.name="docker.io/library/(.*?)"', STEPS)

    def test_installs_what_is_locked(self) -> None:
        installs = re.findall(r"pip install (.*?)(?:&&|$)", STEPS, re.MULTILINE)
        assert all("--require-hashes" in each or "--no-deps" in each for each in installs)
        assert len(installs) == 2

    def test_runs_as_a_number(self) -> None:
        users = re.findall(r"^USER (.*)$", LAST_STAGE, re.MULTILINE)
        assert [re.fullmatch(r"([1-9]\d+):\1", user) is not None for user in users] == [True]

    def test_asks_after_its_health(self) -> None:
        assert re.search(r'^HEALTHCHECK .* CMD \["python", "-m", "deploy\.probe"\]$', LAST_STAGE, re.MULTILINE)

    @pytest.mark.parametrize("label", LABELS)
    def test_carries_its_labels(self, label: str) -> None:
        assert f'org.opencontainers.image.{label}="' in LAST_STAGE

    def test_its_folders_reach_the_build(self) -> None:
        let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
        copied = {word for words in re.findall(r"^COPY (?!--)(.*) \S+$", STEPS, re.MULTILINE) for word in words.split()}
        assert copied == let_in
        assert {each for each in copied if (ROOT / each).is_dir()} == set(packages())
        assert all((ROOT / each).exists() for each in copied)


class TestProbe:
    def test_says_no_where_nobody_listens(self) -> None:
        from tests.backends.kafka import free_ports

        [port] = free_ports(1)
        command = [sys.executable, "-m", "deploy.probe"]
        asked = subprocess.run(command, env={"REKAP_PORT": str(port)}, cwd=ROOT, capture_output=True, check=False)
        assert asked.returncode == 1
        assert b"not ready" in asked.stderr


def packages() -> list[str]:
    """Folders that become packages of the wheel."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return [each.rstrip("*") for each in project["tool"]["setuptools"]["packages"]["find"]["include"]]


def lint(file: Path) -> tuple[int, str]:
    found = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")
    if found is None:
        run_state.skip_or_fail("hadolint", FileNotFoundError("it is packaged for Linux on x86_64 alone"))
    done = subprocess.run([found, str(file)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout
