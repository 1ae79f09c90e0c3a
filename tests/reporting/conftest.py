"""What tests of the books share."""

import asyncio
from typing import Any

import pytest

from services.reporting.projection.bulk import bulk_load
from tests.reporting.filled import Begun


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> Begun:
    """As many processes as there are partitions with events, however few these are."""
    found, begin = Begun(), asyncio.create_subprocess_exec

    async def remembered(*words: Any, **named: Any) -> asyncio.subprocess.Process:
        found.processes.append(await begin(*words, **named))
        return found.processes[-1]

    monkeypatch.setattr(bulk_load, "core_count", lambda: 8)
    monkeypatch.setattr(bulk_load, "WORTH_A_PROCESS", 1)
    monkeypatch.setattr(asyncio, "create_subprocess_exec", remembered)
    return found
