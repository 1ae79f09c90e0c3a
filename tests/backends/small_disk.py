"""A small disk of a test's own, to fill: a tmpfs, mounted where we have the right to."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.backends import run_state

CHUNK = b"\0" * 4096


@contextlib.contextmanager
def small_disk(folder: Path, *, megabytes: int) -> Iterator[Path]:
    """Raises run.Missing where nothing may be mounted."""
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        raise run_state.BackEndMissing(f"nothing can be mounted ({done.stderr.strip()}): it takes root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


class DiskFiller:
    """What takes up the rest of a disk."""

    def __init__(self, disk: Path) -> None:
        self.file = disk / "filler"

    def fill(self) -> None:
        """To the last block, again and again: whoever writes meanwhile may have given some back."""
        with self.file.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(CHUNK)

    def free(self) -> None:
        os.truncate(self.file, 0)
