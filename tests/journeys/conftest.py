"""Stacks for journeys: one loaded and shared, one loaded for the test alone, one empty; each on both back ends."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from tests.backends import back_end_report, run_state
from tests.journeys.stack import Stack

KINDS = ("sqlite", "kafka")
BACK_ENDS_OF_KIND = {"sqlite": ("sqlite", "feed"), "kafka": ("postgres", "kafka")}


@asynccontextmanager
async def running_stack(kind: str, folder: Path, *, loaded: bool) -> AsyncIterator[Stack]:
    """A stack at work; where its back ends cannot be had, whoever asked for it does without."""
    stack = Stack(kind, folder)
    try:
        try:
            await stack.open()
        except run_state.BackEndMissing as reason:
            run_state.skip_or_fail(kind, reason)
        if loaded:
            outcome = await stack.load()
            assert not outcome.refused, outcome.refusals
            await stack.settle()
        yield stack
    finally:
        await stack.close()


@pytest.fixture(params=KINDS, scope="session")
def kind(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture(autouse=True)
def note_back_ends(request: pytest.FixtureRequest, kind: str) -> None:
    for part in BACK_ENDS_OF_KIND[kind]:
        back_end_report.note_back_end(request.node, part)


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def loaded(kind: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """Loaded with what the five offices stated; only read from."""
    async with running_stack(kind, tmp_path_factory.mktemp("stack"), loaded=True) as stack:
        yield stack


@pytest_asyncio.fixture(loop_scope="session")
async def fresh(kind: str, tmp_path: Path) -> AsyncIterator[Stack]:
    """Loaded, and for this test alone."""
    async with running_stack(kind, tmp_path, loaded=True) as stack:
        yield stack


@pytest_asyncio.fixture(loop_scope="session")
async def empty(kind: str, tmp_path: Path) -> AsyncIterator[Stack]:
    async with running_stack(kind, tmp_path, loaded=False) as stack:
        yield stack
