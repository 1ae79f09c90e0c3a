"""Commands of Python forked from a process that has imported the product: a start costs milliseconds, not seconds."""

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

PREIMPORTED_MODULES = [
    "deploy.server",
    "deploy.serving",
    "shared.messaging.transports.kafka",
    *(f"services.{name}.main" for name in ("recording", "blanks", "equipment", "reporting")),
]
PYTHON = (sys.executable, "-m")
PRELOAD = "LD_PRELOAD"

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(PREIMPORTED_MODULES)


class ForkedProcess:
    """A process of its own, with what tests use of `subprocess.Popen`."""

    def __init__(self, command: Sequence[str], *, env: Mapping[str, str], log: Path) -> None:
        """command: `python -m module ..`. log: where it writes, behind what is there."""
        assert tuple(command[:2]) == PYTHON
        self._process = _context.Process(target=run, args=(list(command[2:]), dict(env), str(log)))
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def poll(self) -> int | None:
        """How it ended; none while it runs."""
        return self._process.exitcode

    def wait(self) -> None:
        self._process.join()


def start_command(command: Sequence[str], env: Mapping[str, str], log: Path) -> ForkedProcess | subprocess.Popen[bytes]:
    """Forked, but for what must begin anew: under a library of the dynamic linker."""
    if PRELOAD not in env:
        return ForkedProcess(command, env=env, log=log)
    with log.open("ab") as file:
        return subprocess.Popen(command, env=env, stdout=file, stderr=file)


def run(words: Sequence[str], environment: Mapping[str, str], log: str) -> None:
    """In the new process: become the command."""
    os.environ.clear()
    os.environ.update(environment)
    with open(log, "ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.argv = list(words)
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)
