"""Run state: what all processes of a test run share: a folder, back ends started once, their end with the run."""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import psutil
import pytest

VARIABLE = "REKAP_TEST_RUN"  # workers of pytest-xdist inherit it from the first process
PREFIX = "rekap-tests-"
MEMORY = Path("/dev/shm")
MEMORY_LEAST_BYTES = 2 << 30  # containers often give 64 MiB: not enough for a broker's logs


class BackEndMissing(Exception):
    """A back end cannot be had; the text says why."""


@dataclass(frozen=True)
class ProcessRecord:
    pid: int
    created: float  # a number may be given again, the two together are not
    ended_by: int = signal.SIGKILL  # at the end of the run, when its data are of no use any more

    @classmethod
    def of(cls, pid: int, *, ended_by: signal.Signals = signal.SIGKILL) -> "ProcessRecord":
        return cls(pid, psutil.Process(pid).create_time(), ended_by)

    def end(self) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.pid)
            if process.create_time() == self.created:
                process.send_signal(self.ended_by)
                _, left = psutil.wait_procs([process], timeout=10)
                for stubborn in left:
                    stubborn.kill()


@dataclass(frozen=True)
class StartedBackEnd:
    """A back end that all workers may use: where it is, its processes, and what was measured at the start."""

    where: str = ""
    processes: list[ProcessRecord] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)  # Any: JSON for the summary
    missing: str = ""


def begin_run(root: Path | None = None) -> None:
    """Called by the first process of a run, before it starts workers. root: where its folder lies, else in memory."""
    root = root or memory_folder()
    remove_old_runs(root)
    os.environ[VARIABLE] = tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=root)


def finish_run() -> None:
    """End everything this run started, whoever of its processes did."""
    for started in all_started():
        for process in started.processes:
            process.end()
    shutil.rmtree(run_folder(), ignore_errors=True)


def run_folder() -> Path:
    return Path(os.environ[VARIABLE])


def memory_folder() -> Path:
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= MEMORY_LEAST_BYTES:
        return MEMORY
    return Path(tempfile.gettempdir())


def remove_old_runs(root: Path) -> None:
    """Tidy up after runs that were killed."""
    for left in root.glob(f"{PREFIX}*"):
        if not psutil.pid_exists(int(left.name.removeprefix(PREFIX).split("-")[0])):
            for started in read_records(left):
                for process in started.processes:
                    process.end()
            shutil.rmtree(left, ignore_errors=True)


@contextlib.contextmanager
def locked(name: str) -> Iterator[None]:
    with (run_folder() / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def start_once(name: str, start: Callable[[Path], StartedBackEnd]) -> StartedBackEnd:
    """What `start` gave when the first process of the run called it; it gets a folder of its own.

    Raises Missing in every process if it did so in the first.
    """
    with locked(name):
        note = run_folder() / f"{name}.json"
        if note.exists():
            started = read_record(note)
        else:
            own = run_folder() / name
            own.mkdir()
            try:
                started = start(own)
            except BackEndMissing as reason:
                started = StartedBackEnd(missing=str(reason))
            write_record(name, started)
    if started.missing:
        raise BackEndMissing(started.missing)
    return started


def write_record(name: str, started: StartedBackEnd) -> None:
    (run_folder() / f"{name}.json").write_text(as_json(started))


def as_json(started: StartedBackEnd) -> str:
    return json.dumps(asdict(started))


def all_started() -> list[StartedBackEnd]:
    return read_records(run_folder())


def read_records(run: Path) -> list[StartedBackEnd]:
    return [read_record(note) for note in sorted(run.glob("*.json"))]


def read_record(note: Path) -> StartedBackEnd:
    content = json.loads(note.read_text())
    return StartedBackEnd(**{**content, "processes": [ProcessRecord(**process) for process in content["processes"]]})


def resident_mb(pid: int) -> int:
    """Memory of a process and its children; pages they share are counted in each."""
    total = 0
    for process in [psutil.Process(pid), *psutil.Process(pid).children()]:
        with contextlib.suppress(psutil.NoSuchProcess):
            total += process.memory_info().rss
    return total >> 20


def skip_or_fail(back_end: str, reason: Exception) -> NoReturn:
    """Skip the test loudly; where CI=true nothing may be missing, so it fails."""
    text = f"{back_end} cannot be had: {reason}"
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(text, pytrace=False)
    pytest.skip(text)
