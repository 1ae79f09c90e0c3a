"""The install step as an image does it: the built wheel, in a clean environment, away from the checkout."""

import contextlib
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from shared.settings import PORTS
from tests.backends.kafka import free_ports
from tests.deploy.test_image import packages

ROOT = Path(__file__).parents[2]
READY_SECONDS = 120
pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"  # building leaves files beside the source: not in the checkout
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", *packages()):
        subprocess.run(["cp", "-r", str(ROOT / name), str(source)], check=True)
    pip(sys.executable, "wheel", "--no-deps", "--wheel-dir", str(folder), str(source))
    [found] = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of an environment that holds the wheel and what it is locked to, no more."""
    folder = tmp_path_factory.mktemp("clean") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    pip(python, "install", "--require-hashes", "-r", str(ROOT / "constraints.txt"))
    pip(python, "install", "--no-deps", str(wheel))
    pip(python, "check")
    return folder / "bin"


def pip(python: Path | str, *words: str) -> None:
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


class TestWheel:
    def test_holds_all_that_is_read_at_run_time(self, wheel: Path) -> None:
        with zipfile.ZipFile(wheel) as packed:
            held = set(packed.namelist())
        kinds = {".py", ".csv", ".geojson", ".html", ".css", ".js", ".mako", ".po"}
        wanted = {
            path.relative_to(ROOT).as_posix()
            for folder in packages()
            for path in (ROOT / folder).rglob("*")
            if path.suffix in kinds and "__pycache__" not in path.parts
        }
        assert wanted - held == set()
        assert any("/migrations/versions/" in name for name in held)

    def test_holds_no_tests(self, wheel: Path) -> None:
        with zipfile.ZipFile(wheel) as packed:
            assert not [name for name in packed.namelist() if name.startswith(("tests/", "benchmarks/"))]


class TestInstalled:
    def test_the_command_helps(self, installed: Path, tmp_path: Path) -> None:
        told = subprocess.run([installed / "rekap", "--help"], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert "migrate" in told.stdout

    def test_starts_outside_the_checkout(self, installed: Path, tmp_path: Path) -> None:
        with started(installed, tmp_path) as ports:
            url = f"http://127.0.0.1:{ports['reporting']}/v1/reports/61.03"
            assert until_answered(url)["name"]

    @pytest.mark.parametrize("module", ["deploy.topics", "deploy.roles", "deploy.secret_files", "deploy.feed_token"])
    def test_has_its_jobs(self, installed: Path, tmp_path: Path, module: str) -> None:
        command: list[str | Path] = [installed / "python", "-m", module, "--help"]
        assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0


@contextlib.contextmanager
def started(commands: Path, folder: Path) -> Iterator[dict[str, int]]:
    """`rekap run` with nothing of the checkout on its path. Gives the ports."""
    ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    variables = {f"REKAP_{name.upper()}_PORT": str(port) for name, port in ports.items()}
    command: list[str | Path] = [commands / "rekap", "run", "--no-load"]
    process = subprocess.Popen(
        command,
        env={**clean, **variables, "REKAP_DATA": str(folder / "var")},
        cwd=folder,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield ports
    finally:
        process.terminate()
        assert process.wait(30) == 0


def until_answered(url: str) -> dict[str, object]:
    end = time.monotonic() + READY_SECONDS
    while True:
        try:
            found: dict[str, object] = httpx.get(url, trust_env=False).raise_for_status().json()
            return found
        except httpx.TransportError:
            assert time.monotonic() < end
            time.sleep(0.1)
