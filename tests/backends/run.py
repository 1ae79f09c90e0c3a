"""What all processes of one test run share: a folder in memory, back ends started once, and their end with the run."""

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


class Missing(Exception):
    """A back end cannot be had; the text says why."""


@dataclass(frozen=True)
class Process:
    pid: int
    created: float  # a number may be given again, the two together are not
    ended_by: int = signal.SIGKILL  # at the end of the run, when its data are of no use any more

    @classmethod
    def of(cls, pid: int, *, ended_by: signal.Signals = signal.SIGKILL) -> "Process":
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
class Started:
    """A back end that all workers may use: where it is, its processes, and what was measured at the start."""

    where: str = ""
    processes: list[Process] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)  # Any: JSON for the summary
    missing: str = ""


def begin(root: Path | None = None) -> None:
    """Called by the first process of a run, before it starts workers. root: where its folder lies, else in memory."""
    root = root or memory()
    sweep(root)
    os.environ[VARIABLE] = tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=root)


def finish() -> None:
    """End everything this run started, whoever of its processes did."""
    for started in all_started():
        for process in started.processes:
            process.end()
    shutil.rmtree(folder(), ignore_errors=True)


def folder() -> Path:
    return Path(os.environ[VARIABLE])


def memory() -> Path:
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= MEMORY_LEAST_BYTES:
        return MEMORY
    return Path(tempfile.gettempdir())


def sweep(root: Path) -> None:
    """Tidy up after runs that were killed."""
    for left in root.glob(f"{PREFIX}*"):
        if not psutil.pid_exists(int(left.name.removeprefix(PREFIX).split("-")[0])):
            for started in read_all(left):
                for process in started.processes:
                    process.end()
            shutil.rmtree(left, ignore_errors=True)


@contextlib.contextmanager
def locked(name: str) -> Iterator[None]:
    with (folder() / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def once(name: str, start: Callable[[Path], Started]) -> Started:
    """What `start` gave when the first process of the run called it; it gets a folder of its own.

    Raises Missing in every process if it did so in the first.
    """
    with locked(name):
        note = folder() / f"{name}.json"
        if note.exists():
            started = read(note)
        else:
            own = folder() / name
            own.mkdir()
            try:
                started = start(own)
            except Missing as reason:
                started = Started(missing=str(reason))
            record(name, started)
    if started.missing:
        raise Missing(started.missing)
    return started


def record(name: str, started: Started) -> None:
    (folder() / f"{name}.json").write_text(as_json(started))


def as_json(started: Started) -> str:
    return json.dumps(asdict(started))


def all_started() -> list[Started]:
    return read_all(folder())


def read_all(run: Path) -> list[Started]:
    return [read(note) for note in sorted(run.glob("*.json"))]


def read(note: Path) -> Started:
    content = json.loads(note.read_text())
    return Started(**{**content, "processes": [Process(**process) for process in content["processes"]]})


def resident_mb(pid: int) -> int:
    """Memory of a process and its children; pages they share are counted in each."""
    total = 0
    for process in [psutil.Process(pid), *psutil.Process(pid).children()]:
        with contextlib.suppress(psutil.NoSuchProcess):
            total += process.memory_info().rss
    return total >> 20


def do_without(back_end: str, reason: Exception) -> NoReturn:
    """Skip the test loudly; where CI=true nothing may be missing, so it fails."""
    text = f"{back_end} cannot be had: {reason}"
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(text, pytrace=False)
    pytest.skip(text)
