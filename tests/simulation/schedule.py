"""Schedule: who runs next. An actor is a plain coroutine, or has an asyncio of its own; one seed decides all."""

import asyncio
import random
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context
from types import coroutine
from typing import Any, TypeVarTuple, cast

Args = TypeVarTuple("Args")
Work = Callable[[], Coroutine[Any, Any, None]]  # Any: as Coroutine wants it


class Killed(BaseException):
    """The process is gone. Not an Exception: nothing may catch it."""


@coroutine
def yield_turn() -> Generator[None, None, None]:
    """Let the schedule choose who goes on."""
    yield


class Actor:
    """Something that runs. `ended`: told what ended it; it begins again later, or never once stopped."""

    __slots__ = ("ended", "name", "running", "wakes_at", "work")

    def __init__(self, name: str, work: Work, ended: Callable[[BaseException | None], None]) -> None:
        self.name, self.work, self.ended = name, work, ended
        self.running: Coroutine[Any, Any, None] | None = None
        self.wakes_at = 0

    def go(self, rng: random.Random) -> None:
        """One turn, up to the next wait. Raises StopIteration at the end, else what ended it."""
        if self.running is None:
            self.running = self.work()
        self.running.send(None)

    def kill(self) -> None:
        if self.running is not None:
            self.running.close()
            self.running = None


class Loop(asyncio.BaseEventLoop):
    """The asyncio of all processes: what a task does next waits with its process until the seed chooses it."""

    def __init__(self) -> None:
        super().__init__()
        self.process: Process | None = None

    def call_soon(
        self, callback: Callable[[*Args], object], *args: *Args, context: Context | None = None
    ) -> asyncio.Handle:
        assert self.process is not None
        self.process.ready.append((context, callback, args))
        return NO_HANDLE

    def create_task(self, coro: Any, **options: Any) -> asyncio.Task[Any]:
        task = asyncio.Task(coro, loop=self, **options)
        assert self.process is not None
        self.process.tasks = [*(each for each in self.process.tasks if not each.done()), task]
        return task

    def call_exception_handler(self, context: Any) -> None:
        """Tasks of a killed process are left as they are: nobody hears of them."""

    def __del__(self) -> None:
        """Nothing is open."""


NO_HANDLE = cast("asyncio.Handle", None)


class Process(Actor):
    """An actor whose work makes tasks: a turn is one step of one of them. What it leaves running goes on."""

    __slots__ = ("is_stopping", "loop", "main", "ready", "tasks")

    def __init__(self, name: str, work: Work, ended: Callable[[BaseException | None], None], loop: Loop) -> None:
        super().__init__(name, work, ended)
        self.loop = loop
        self.ready: list[tuple[Context | None, Callable[..., object], tuple[Any, ...]]] = []
        self.tasks: list[asyncio.Task[Any]] = []
        self.main: asyncio.Task[None] | None = None
        self.is_stopping = False

    def go(self, rng: random.Random) -> None:
        self.loop.process = self
        if self.main is None:
            self.main = self.loop.create_task(self.work())
        elif self.is_stopping:
            self.main.cancel()
        self.is_stopping = False
        ready, main = self.ready, self.main
        if ready:
            context, callback, args = ready.pop(int(rng.random() * len(ready)) if len(ready) > 1 else 0)
            assert context is not None
            context.run(callback, *args)
        if main.done():
            self.main = None
            main.result()
            raise StopIteration

    def kill(self) -> None:
        """All its tasks at once."""
        self.loop.process = self
        for task in self.tasks:
            if not task.done():
                task.get_coro().close()
        self.ready.clear()
        self.tasks.clear()
        self.main = None


class Schedule:
    """One thread. `now` counts turns and is the only clock there is."""

    def __init__(self, rng: random.Random) -> None:
        self.rng, self.now = rng, 0
        self.actors: list[Actor] = []
        self.loop = Loop()
        self.current: Actor | None = None
        self.is_killed = False  # the present actor
        self.told: Callable[[str], None] | None = None

    def add(
        self, name: str, work: Work, ended: Callable[[BaseException | None], None], *, makes_tasks: bool = False
    ) -> Actor:
        actor = Process(name, work, ended, self.loop) if makes_tasks else Actor(name, work, ended)
        self.actors.append(actor)
        return actor

    def kill(self) -> None:
        """The present actor, whichever of its tasks runs. Raises Killed."""
        self.is_killed = True
        raise Killed

    def sleep(self, turns: int) -> None:
        """The present actor is paused: it wakes with whatever it held."""
        if self.current is not None:
            self.current.wakes_at = self.now + turns

    def step(self) -> None:
        """One turn of one actor, up to its next wait."""
        self.now += 1
        actor = self.actors[int(self.rng.random() * len(self.actors))]
        if actor.wakes_at > self.now:
            return
        self.current = actor
        try:
            actor.go(self.rng)
        except StopIteration:
            self.end(actor, None)
        except (Exception, Killed, asyncio.CancelledError) as error:
            self.end(actor, error)
        else:
            if self.is_killed:  # another of its tasks would never hear of it
                self.end(actor, Killed())
        self.current = None

    def end(self, actor: Actor, error: BaseException | None) -> None:
        if self.is_killed:
            actor.kill()
        actor.running, self.is_killed = None, False
        actor.wakes_at = max(actor.wakes_at, self.now + 1 + int(self.rng.random() * 20))
        self.tell(f"ends: {error!r}" if error is not None else "ends")
        actor.ended(error)

    def end_all(self) -> None:
        for actor in self.actors:
            actor.kill()

    def tell(self, text: str) -> None:
        """A line of the trace."""
        if self.told is not None:
            who = self.current.name if self.current else "-"
            self.told(f"{self.now:5} {who:12} {text}")
