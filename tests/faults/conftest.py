"""Fixtures for faults: a stack with its history and load, checked to the end by whoever used it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.backends import report, run
from tests.backends.own_postgres import OwnPostgres
from tests.faults.checker import check
from tests.faults.drain import drain
from tests.faults.history import History
from tests.faults.load import Load
from tests.faults.stack import FaultStack

PARTS = {"sqlite": ("sqlite", "feed"), "postgres": ("postgres", "feed"), "kafka": ("postgres", "kafka")}
SEED = 20260101


@dataclass
class Scene:
    """A stack, what clients did to it, and how to go on."""

    stack: FaultStack
    history: History
    load: Load

    async def check(self, **options: Any) -> None:  # Any: of the checker
        await check(self.stack, self.history, **options)

    async def drain(self, within_seconds: float = 60) -> float:
        return await drain(self.stack, within_seconds)


@asynccontextmanager
async def scene(
    kind: str, folder: Path, *, seed: int = SEED, **options: Any
) -> AsyncIterator[Scene]:  # Any: of the stack
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
        yield Scene(stack, history, load)
    finally:
        if history is not None:
            await history.close()
        await stack.close()


@asynccontextmanager
async def scene_or_skip(kind: str, folder: Path, **options: Any) -> AsyncIterator[Scene]:  # Any: of the stack
    """The same for fixtures of a module."""
    manager = scene(kind, folder, **options)
    try:
        made = await manager.__aenter__()
    except run.Missing as reason:
        run.do_without(kind, reason)
    try:
        yield made
    finally:
        await manager.__aexit__(None, None, None)


def takes_part(request: pytest.FixtureRequest, kind: str) -> None:
    for part in PARTS[kind]:
        report.takes_part(request.node, part)


Make = Callable[..., Awaitable[Scene]]


@pytest.fixture
async def own_postgres(request: pytest.FixtureRequest, folder: Path) -> AsyncIterator[OwnPostgres]:
    """A PostgreSQL to break. Parametrized indirectly, it takes a folder for its databases."""
    report.takes_part(request.node, "postgres")
    server = OwnPostgres(folder / "postgres", tablespace=getattr(request, "param", None))
    try:
        server.init()
    except run.Missing as reason:
        run.do_without("PostgreSQL", reason)
    server.start()
    await server.prepare()
    yield server
    server.crash()


@pytest.fixture
async def make_scene(request: pytest.FixtureRequest, folder: Path) -> AsyncIterator[Make]:
    """Call it with `sqlite` or `kafka`: a stack for this test alone."""
    async with AsyncExitStack() as opened:

        async def make(kind: str, **options: Any) -> Scene:  # Any: of the stack
            takes_part(request, kind)
            return await opened.enter_async_context(scene_or_skip(kind, folder, **options))

        yield make
