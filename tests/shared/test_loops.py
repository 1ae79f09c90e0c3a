"""The loops of a service: a failure is reported and tried again."""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from services.blanks.main import service
from shared.db import Database
from shared.messaging.consumer import SourceStopped
from shared.observability.metrics import Metrics
from shared.service import RETRY_SECONDS, BackgroundTasks
from shared.settings import settings_of


@pytest.fixture
def running(tmp_path: Path) -> BackgroundTasks:
    """With a database that nobody opens: the loops here do no work of a room."""
    settings = settings_of("blanks", data_folder=tmp_path)
    database = Database(settings.database_url)
    return BackgroundTasks(service, settings, database, Metrics(service.sources), asyncio.Event())


async def ending_by(error: Exception) -> None:
    raise error


async def run_with_errors(running: BackgroundTasks, errors: Sequence[Exception]) -> None:
    """The loop, with work that ends by one error after the other, and then by being cancelled."""
    left = iter(errors)

    async def work() -> None:
        raise next(left, asyncio.CancelledError())

    with pytest.raises(asyncio.CancelledError):
        await running.supervise("consumer recording", work)


class Logged(logging.Handler):
    """The lines of our own, as they were given."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[dict[str, Any]] = []  # Any: values of a line

    def emit(self, record: logging.LogRecord) -> None:
        if isinstance(record.msg, dict):
            self.lines.append(record.msg)

    def of(self, event: str) -> list[str]:
        return [line["reason"] for line in self.lines if line["event"] == event]


@pytest.fixture
def logged() -> Iterator[Logged]:
    handler = Logged()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


class TestFailures:
    @pytest.mark.parametrize("is_stopping", [False, True])
    async def test_are_told_with_their_traceback_but_not_while_stopping(
        self, running: BackgroundTasks, caplog: pytest.LogCaptureFixture, *, is_stopping: bool
    ) -> None:
        if is_stopping:
            running.stopping.set()
        with caplog.at_level(logging.INFO):
            loop = asyncio.create_task(running.supervise("loop", lambda: ending_by(ConnectionError("gone"))))
            await asyncio.sleep(0.05)
            loop.cancel()
        assert "loop_failed" in caplog.text
        assert ("Traceback" in caplog.text or "ConnectionError" in caplog.text) is not is_stopping


class TestStopped:
    """A source that was restored or rewritten waits for a person: told when it happens, and then rarely."""

    @pytest.fixture
    def waits(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        """How long the loop slept each time; nobody waits for it."""
        found: list[float] = []
        sleep = asyncio.sleep

        async def note(seconds: float) -> None:
            found.append(seconds)
            await sleep(0)

        monkeypatch.setattr("shared.service.asyncio.sleep", note)
        return found

    async def test_is_an_error_once_and_looked_at_every_few_seconds(
        self, running: BackgroundTasks, waits: list[float], logged: Logged
    ) -> None:
        await run_with_errors(running, [SourceStopped("no history")] * 40)
        assert logged.of("source_stopped") == ["no history"]
        assert waits == [RETRY_SECONDS[1]] * 40

    async def test_is_told_again_where_the_reason_changes_or_something_else_happened(
        self, running: BackgroundTasks, waits: list[float], logged: Logged
    ) -> None:
        first, second = SourceStopped("another history"), SourceStopped("fewer events")
        await run_with_errors(running, [first, first, second, second, ConnectionError("away"), second, second])
        assert logged.of("source_stopped") == ["another history", "fewer events", "fewer events"]

    async def test_is_told_again_after_an_hour(
        self, running: BackgroundTasks, waits: list[float], logged: Logged, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("shared.service.STOPPED_AGAIN_SECONDS", 0)
        await run_with_errors(running, [SourceStopped("no history")] * 3)
        assert logged.of("source_stopped") == ["no history"] * 3

    async def test_is_told_again_where_the_source_had_gone_on(
        self, running: BackgroundTasks, waits: list[float], logged: Logged, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("shared.service.RETRY_SECONDS", (0.0, -1.0))  # any time at all is long
        await run_with_errors(running, [SourceStopped("no history")] * 2)
        assert logged.of("source_stopped") == ["no history"] * 2
