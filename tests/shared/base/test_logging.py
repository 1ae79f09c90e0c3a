"""Our own lines are the same, whether they come through Python's logging or go straight to the output."""

import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from services.recording.identity.nik import Nik
from shared.base.logging import configure, log
from tests import factories


@pytest.fixture(autouse=True)
def restore_logging() -> Iterator[None]:
    """Everybody else logs as before."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.configure(**before)
    root.handlers = handlers
    root.setLevel(level)


def log_lines(monkeypatch: pytest.MonkeyPatch, *, straight: bool) -> list[dict[str, Any]]:  # Any: JSON
    with monkeypatch.context() as here:
        written = io.StringIO()
        here.setattr("sys.stdout", written)
        configure("INFO", straight=straight)
        log.debug("unheard")
        log.info("request", route="/v1/recordings", status=201, note=f"of {factories.nik()}")
        try:
            raise ValueError("with what was sent")
        except ValueError:
            log.error("request_failed", exc_info=True)
        logging.getLogger("library").warning("its own line")
    return [json.loads(line) for line in written.getvalue().splitlines()]


def without_time(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in line.items() if name != "timestamp"} for line in found]


def test_straight_lines_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, straight = (log_lines(monkeypatch, straight=each) for each in (False, True))
    assert without_time(straight) == without_time(plain)
    assert [line["event"] for line in straight] == ["request", "request_failed", "its own line"]
    assert straight[0]["note"] == "of ****************"
    assert straight[1]["error"] == "ValueError"
    assert "with what was sent" not in json.dumps(straight)
    assert all("timestamp" in line for line in straight)


@pytest.mark.parametrize("straight", [False, True])
def test_a_number_inside_of_a_value_is_masked(monkeypatch: pytest.MonkeyPatch, *, straight: bool) -> None:
    with monkeypatch.context() as here:
        written = io.StringIO()
        here.setattr("sys.stdout", written)
        configure("INFO", straight=straight)
        log.info("found", whom=[Nik(factories.nik())])
    assert json.loads(written.getvalue())["whom"] != []
    assert not re.search("[0-9]{16}", written.getvalue())
