"""The guides are walked through: each shell block runs, in order, and its output holds what the page says it does."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from shared.settings import PORTS
from tests.backends import run_state
from tests.deploy.test_run import Machine

DOCS = Path(__file__).parents[1] / "docs"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
END_OF_BLOCK = "=== end of a block ==="
SECONDS = 900
LANGUAGES = {"sh", "text", "js", "console"}  # console: for another machine than this one, and not run

pytestmark = pytest.mark.timeout(SECONDS + 300)


class Block(NamedTuple):
    """A shell block, and the lines that the page shows of its output."""

    commands: str
    shown: list[str]


def blocks(guide: str) -> list[Block]:
    found: list[Block] = []
    for language, text in FENCE.findall((DOCS / guide).read_text(encoding="utf-8")):
        assert language in LANGUAGES, language
        if language == "sh":
            found.append(Block(text, []))
        elif language == "text":
            found[-1].shown.extend(text.splitlines())
    return found


def script(guide: str, ports: dict[str, int]) -> str:
    """One shell for the whole page, so that what a block sets the next one has."""
    commands = f"echo '{END_OF_BLOCK}'\n".join(block.commands for block in blocks(guide))
    for name, port in ports.items():
        commands = commands.replace(f"127.0.0.1:{PORTS[name]}", f"127.0.0.1:{port}")
    return f"set -euo pipefail\n{commands}echo '{END_OF_BLOCK}'\n"


def run_guide(guide: str, machine: Machine, folder: Path) -> list[str]:
    """-> what each block put out."""
    bash, curl = shutil.which("bash"), shutil.which("curl")
    if bash is None or curl is None:
        run_state.skip_or_fail("bash and curl", FileNotFoundError("one of them is not on the path"))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    process = subprocess.Popen(
        [bash, "-c", script(guide, machine.ports)],
        env={**machine.environment, "PATH": path},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        told, _ = process.communicate(timeout=SECONDS)
    finally:
        end_group(process.pid)
    assert process.returncode == 0, told[-3000:]
    return told.split(END_OF_BLOCK)


def end_group(pid: int) -> None:
    """Also what the page left in the background."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    found = Machine(tmp_path / "data")
    yield found
    if found.process is not None:
        found.stop(signal.SIGKILL)


@pytest.fixture
def loaded_machine(machine: Machine) -> Machine:
    machine.start()
    machine.until(lambda: (machine.folder / "loaded").exists())
    machine.until(lambda: machine.recorded() == 254_635)
    return machine


def check_guide(guide: str, machine: Machine, folder: Path) -> None:
    expected = blocks(guide)
    told = run_guide(guide, machine, folder)
    assert len(told) == len(expected) + 1
    missing = [
        (block.commands, line, output)
        for block, output in zip(expected, told, strict=False)
        for line in block.shown
        if line not in output
    ]
    assert missing == []


class TestGuides:
    @pytest.mark.parametrize("guide", ["calling-systems.md", "portals.md"])
    def test_do_what_they_say_with_what_make_run_started(
        self, guide: str, loaded_machine: Machine, tmp_path: Path
    ) -> None:
        assert len(blocks(guide)) > 3
        check_guide(guide, loaded_machine, tmp_path)

    def test_operators_can_walk_through_theirs_from_the_start(self, machine: Machine, tmp_path: Path) -> None:
        assert len(blocks("operators.md")) > 5
        check_guide("operators.md", machine, tmp_path)

    @pytest.mark.parametrize("guide", ["install.md", "how-it-works.md"])
    def test_others_hold_no_command_that_was_not_tried(self, guide: str) -> None:
        assert blocks(guide) == []
