"""The `rekap` command as a person uses it: start, load, stop, start again, look, copy, restore."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.settings import PORTS
from tests.backends.kafka import free_ports

READY_SECONDS, STOP_SECONDS = 180, 30
SANGGAU = "/v1/reports/61.03?as_of=2017-09-30"


class Machine:
    """One machine with a data folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        ports = {f"REKAP_{name.upper()}_PORT": str(port) for name, port in self.ports.items()}
        return {**os.environ, **ports, "REKAP_DATA": str(self.folder)}

    def start(self, *words: str) -> None:
        log = (self.folder.parent / "out.log").open("ab")
        command = [sys.executable, "-m", "deploy.cli", "run", *words]
        self.process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)
        log.close()
        self.until(lambda: self.get("reporting", "/readyz").status_code == 200)

    def get(self, name: str, path: str, **options: Any) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.ports[name]}{path}", trust_env=False, timeout=10, **options)

    def until(self, holds: Any) -> None:
        end = time.monotonic() + READY_SECONDS
        while True:
            try:
                if holds():
                    return
            except httpx.TransportError:
                pass
            assert time.monotonic() < end, (self.folder.parent / "out.log").read_text()
            time.sleep(0.05)

    def recorded(self) -> Any:
        return self.get("reporting", SANGGAU).json()["figures"]["recorded"]["value"]

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        code = self.process.wait(STOP_SECONDS)
        self.process = None
        return code

    def rekap(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "deploy.cli", *words]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    found = Machine(tmp_path / "data")
    yield found
    if found.process is not None:
        found.stop(signal.SIGKILL)


class TestRun:
    def test_loads_once_keeps_its_state_and_stops_cleanly(self, machine: Machine) -> None:
        machine.start()
        machine.until(lambda: machine.recorded() == 254_635)
        machine.until(lambda: (machine.folder / "loaded").exists())
        assert machine.stop() == 0
        machine.start()
        assert machine.recorded() == 254_635
        assert machine.stop(signal.SIGTERM) == 0
        keys = [file for file in machine.folder.iterdir() if file.suffix in (".pem", ".json") or "key" in file.name]
        assert {file.name for file in keys if file.stat().st_mode & 0o077} <= {"issuer-jwks.json"}

    def test_stops_at_once_and_quietly_while_readers_wait_for_news(self, machine: Machine) -> None:
        """P42: of one another, as they do all the time, and from outside."""
        machine.start("--no-load")
        token = machine.rekap("token", "--scope", "events:read", "--areas", "*").stdout.strip()
        headers = {"Authorization": f"Bearer {token}"}
        with ThreadPoolExecutor() as readers:
            polls = [readers.submit(machine.get, name, "/v1/events?wait=9", headers=headers) for name in PORTS]
            time.sleep(2)  # by now each service hangs on the others' feeds
            assert not any(poll.done() for poll in polls)
            began = time.monotonic()
            assert machine.stop(signal.SIGTERM) == 0
            assert time.monotonic() - began < 5
        assert [poll.result().content for poll in polls] == [b"[]"] * len(PORTS)
        logged = (machine.folder / "rekap.log").read_text() + (machine.folder.parent / "out.log").read_text()
        for word in ("Traceback", "CancelledError", "exceeded"):
            assert word not in logged, logged[-4000:]

    def test_killed_in_the_middle_of_its_load_it_finishes_it(self, machine: Machine) -> None:
        machine.start()
        machine.stop(signal.SIGKILL)
        machine.start()
        machine.until(lambda: (machine.folder / "loaded").exists())
        machine.until(lambda: machine.recorded() == 254_635)

    def test_starts_empty_when_told_to(self, machine: Machine) -> None:
        machine.start("--no-load")
        assert machine.recorded() is None
        assert not (machine.folder / "loaded").exists()

    def test_says_so_when_a_port_is_taken_or_the_folder_in_use(self, machine: Machine) -> None:
        machine.start("--no-load")
        again = machine.rekap("run")
        assert again.returncode == 1
        assert "another `rekap run` works in" in again.stderr


class TestTokens:
    def test_are_good_for_their_scope_and_areas(self, machine: Machine) -> None:
        machine.start("--no-load")
        token = machine.rekap("token", "--scope", "recording:read", "--areas", "61.03").stdout.strip()
        bearer = {"Authorization": f"Bearer {token}"}
        assert machine.get("recording", "/v1/targets", headers=bearer).status_code == 200
        assert machine.get("blanks", "/v1/stocks", headers=bearer).status_code == 403
        assert machine.get("recording", "/v1/targets").status_code == 401


class TestOperating:
    def test_status_backup_and_restore(self, machine: Machine, tmp_path: Path) -> None:
        machine.start()
        machine.until(lambda: (machine.folder / "loaded").exists())
        machine.until(lambda: machine.recorded() == 254_635)
        told = machine.rekap("status")
        assert told.returncode == 0, told.stderr
        assert "running" in told.stdout
        assert "?" not in told.stdout  # how many events are behind
        copied = machine.rekap("backup", str(tmp_path / "copy"))
        assert copied.returncode == 0, copied.stderr
        files = json.loads((tmp_path / "copy" / "manifest.json").read_text())["files"]
        assert {f"{name}.db" for name in PORTS} <= set(files)
        machine.stop()
        shutil.rmtree(machine.folder)
        shutil.copytree(tmp_path / "copy", machine.folder)
        machine.start("--no-load")
        assert machine.recorded() == 254_635

    def test_unpark_rewind_and_new_history_say_what_they_did(self, machine: Machine) -> None:
        machine.start()
        machine.until(lambda: (machine.folder / "loaded").exists())
        machine.until(lambda: machine.recorded() == 254_635)
        machine.stop()
        assert "0 still parked" in machine.rekap("unpark", "reporting").stdout
        refused = machine.rekap("rewind", "--source", "recording", "--partition", "0", "--from", "999999")
        assert (refused.returncode, "no event 999999" in refused.stderr) == (1, True)
        begun = machine.rekap("new-history", "recording", "--reason", "restored from a copy")
        assert "begins history" in begun.stdout

    def test_says_so_where_there_is_nothing_yet(self, machine: Machine) -> None:
        told = machine.rekap("status")
        assert told.returncode == 1
        assert "there is no" in told.stderr
