"""Schedule: who runs next. Every actor is a plain coroutine, and one seed decides all."""

import random
from collections.abc import Callable, Coroutine, Generator
from types import coroutine
from typing import Any

Work = Callable[[], Coroutine[Any, Any, None]]  # Any: as Coroutine wants it


class Killed(BaseException):
    """The process is gone. Not an Exception: nothing may catch it."""


@coroutine
def turn() -> Generator[None, None, None]:
    """Let the schedule choose who goes on."""
    yield


class Actor:
    """Something that runs. `ended`: told what ended it; it begins again later, or never once stopped."""

    __slots__ = ("ended", "name", "running", "wakes_at", "work")

    def __init__(self, name: str, work: Work, ended: Callable[[BaseException | None], None]) -> None:
        self.name, self.work, self.ended = name, work, ended
        self.running: Coroutine[Any, Any, None] | None = None
        self.wakes_at = 0

    def kill(self) -> None:
        if self.running is not None:
            self.running.close()
            self.running = None


class Schedule:
    """One thread. `now` counts turns and is the only clock there is."""

    def __init__(self, chance: random.Random) -> None:
        self.chance, self.now = chance, 0
        self.actors: list[Actor] = []
        self.current: Actor | None = None
        self.told: Callable[[str], None] | None = None

    def add(self, name: str, work: Work, ended: Callable[[BaseException | None], None]) -> Actor:
        actor = Actor(name, work, ended)
        self.actors.append(actor)
        return actor

    def sleep(self, turns: int) -> None:
        """The present actor is paused: it wakes with whatever it held."""
        if self.current is not None:
            self.current.wakes_at = self.now + turns

    def step(self) -> None:
        """One turn of one actor, up to its next wait."""
        self.now += 1
        actor = self.actors[int(self.chance.random() * len(self.actors))]
        if actor.wakes_at > self.now:
            return
        self.current = actor
        if actor.running is None:
            actor.running = actor.work()
        try:
            actor.running.send(None)
        except StopIteration:
            self.end(actor, None)
        except (Exception, Killed) as error:
            self.end(actor, error)
        self.current = None

    def end(self, actor: Actor, error: BaseException | None) -> None:
        actor.running = None
        actor.wakes_at = max(actor.wakes_at, self.now + 1 + int(self.chance.random() * 20))
        self.tell(f"ends: {error!r}" if error is not None else "ends")
        actor.ended(error)

    def tell(self, text: str) -> None:
        """A line of the trace."""
        if self.told is not None:
            who = self.current.name if self.current else "-"
            self.told(f"{self.now:5} {who:12} {text}")
