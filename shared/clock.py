"""Time comes from here and nowhere else; everything that needs an instant or a day asks or is handed one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

from shared import areas


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
    return at.astimezone(areas.zone_of(area)).date()


@contextmanager
def running(source: Callable[[], datetime]) -> Iterator[None]:
    """Take the time from another source: a frozen or simulated clock, never in production."""
    global _source
    before, _source = _source, source
    try:
        yield
    finally:
        _source = before
