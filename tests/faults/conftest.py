"""Fixtures for faults: a stack with its history and load, checked to the end by whoever used it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.backends import back_end_report, run_state
from tests.backends.own_postgres import OwnPostgres
from tests.faults.checker import check
from tests.faults.drain import drain
from tests.faults.history import History
from tests.faults.load import Load
from tests.faults.stack import FaultStack

BACK_ENDS_OF_KIND = {"sqlite": ("sqlite", "feed"), "postgres": ("postgres", "feed"), "kafka": ("postgres", "kafka")}
SEED = 20260101


@dataclass
class FaultScenario:
    """A stack, what clients did to it, and how to go on."""

    stack: FaultStack
    history: History
    load: Load

    async def check(self, **options: Any) -> None:  # Any: of the checker
        await check(self.stack, self.history, **options)

    async def drain(self, within_seconds: float = 60) -> float:
        return await drain(self.stack, within_seconds)


@asynccontextmanager
async def run_scenario(
    kind: str, folder: Path, *, seed: int = SEED, **options: Any
) -> AsyncIterator[FaultScenario]:  # Any: of the stack
    """A stack at work, with every figure opened."""
    stack = FaultStack(kind, folder, **options)
    history: History | None = None
    try:
        await stack.open()
        history = History(
            folder / "history.jsonl",
            lambda name: stack.url(stack.front.get(name, name)),
            lambda name: stack.token(name),
        )
        load = Load(history, seed)
        await load.begin()
        yield FaultScenario(stack, history, load)
    finally:
        if history is not None:
            await history.close()
        await stack.close()


@asynccontextmanager
async def run_scenario_or_skip(
    kind: str, folder: Path, **options: Any
) -> AsyncIterator[FaultScenario]:  # Any: of the stack
    """The same for fixtures of a module."""
    manager = run_scenario(kind, folder, **options)
    try:
        made = await manager.__aenter__()
    except run_state.BackEndMissing as reason:
        run_state.skip_or_fail(kind, reason)
    try:
        yield made
    finally:
        await manager.__aexit__(None, None, None)


def note_back_ends(request: pytest.FixtureRequest, kind: str) -> None:
    for part in BACK_ENDS_OF_KIND[kind]:
        back_end_report.note_back_end(request.node, part)


MakeScenario = Callable[..., Awaitable[FaultScenario]]


@pytest.fixture
async def own_postgres(request: pytest.FixtureRequest, folder: Path) -> AsyncIterator[OwnPostgres]:
    """A PostgreSQL to break. Parametrized indirectly, it takes a folder for its databases."""
    back_end_report.note_back_end(request.node, "postgres")
    server = OwnPostgres(folder / "postgres", tablespace=getattr(request, "param", None))
    try:
        server.init()
    except run_state.BackEndMissing as reason:
        run_state.skip_or_fail("PostgreSQL", reason)
    server.start()
    await server.prepare()
    yield server
    server.crash()


@pytest.fixture
async def make_scenario(request: pytest.FixtureRequest, folder: Path) -> AsyncIterator[MakeScenario]:
    """Call it with `sqlite` or `kafka`: a stack for this test alone."""
    async with AsyncExitStack() as opened:

        async def make(kind: str, **options: Any) -> FaultScenario:  # Any: of the stack
            note_back_ends(request, kind)
            return await opened.enter_async_context(run_scenario_or_skip(kind, folder, **options))

        yield make
