"""Fixtures of bulk loads: reader processes as a fill starts them."""

import asyncio
from typing import Any

import pytest

from services.reporting.projection.bulk import bulk_load
from tests.reporting.projection.bulk_fixtures import StartedReaders


@pytest.fixture
def started_readers(monkeypatch: pytest.MonkeyPatch) -> StartedReaders:
    """As many processes as there are partitions with events, however few these are."""
    found, begin = StartedReaders(), asyncio.create_subprocess_exec

    async def remembered(*words: Any, **named: Any) -> asyncio.subprocess.Process:
        found.processes.append(await begin(*words, **named))
        return found.processes[-1]

    monkeypatch.setattr(bulk_load, "core_count", lambda: 8)
    monkeypatch.setattr(bulk_load, "WORTH_A_PROCESS", 1)
    monkeypatch.setattr(asyncio, "create_subprocess_exec", remembered)
    return found
