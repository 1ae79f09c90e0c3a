"""Time comes from here and nowhere else; everything that needs an instant or a day asks or is handed one."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from shared.base import areas


def system_time() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = system_time


def now() -> datetime:
    """The present instant, in UTC."""
    return _source()


def today(area: str) -> date:
    """The local date at the office of an area; of the nation, in Jakarta."""
    return local_day(area, now())


def local_day(area: str, at: datetime) -> date:
    """The date an instant has at the office of an area."""
    return at.astimezone(areas.time_zone_of(area)).date()


@contextmanager
def override_time(source: Callable[[], datetime]) -> Iterator[None]:
    """Take the time from another source: a frozen or simulated clock, never in production."""
    global _source
    before, _source = _source, source
    try:
        yield
    finally:
        _source = before


class ClockFileMissing(Exception):
    """There is no simulated time where it was looked for."""


class ClockMovesBack(Exception):
    """What was known already cannot become unknown: simulated time only goes on."""


class ClockFile:
    """Simulated time, the same for every process that looks: an instant in a file, where it stands until moved."""

    def __init__(self, file: Path) -> None:
        self.file, self.seen = file, (0, 0)
        self.at = datetime.min.replace(tzinfo=UTC)

    def __call__(self) -> datetime:
        """Raises NoClock."""
        try:
            found = os.stat(self.file)
            if (found.st_ino, found.st_mtime_ns) != self.seen:
                self.at = datetime.fromisoformat(self.file.read_text().strip()).astimezone(UTC)
                self.seen = (found.st_ino, found.st_mtime_ns)
        except OSError:
            raise ClockFileMissing(
                f"no simulated time stands in {self.file}; `rekap clock 2018-01-01` begins it"
            ) from None
        return self.at

    def move(self, at: datetime) -> None:
        """Replaced whole: the services look at any moment. Raises GoesBack."""
        if self.file.exists() and at < self():
            raise ClockMovesBack(f"it is {self().isoformat()} already; simulated time only goes on")
        self.file.parent.mkdir(parents=True, exist_ok=True)
        beside = self.file.with_name(f".{self.file.name}.{os.getpid()}")
        beside.write_text(at.astimezone(UTC).isoformat())
        beside.replace(self.file)


def use_clock_file(file: Path | None) -> None:
    """For the rest of this process time is what the file says; without one it stays the machine's. Raises NoClock."""
    global _source
    if file is not None:
        simulated = ClockFile(file)
        simulated()
        _source = simulated
