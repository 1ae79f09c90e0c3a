"""Servers: one uvicorn server per service, started on a socket of ours and stopped in a stated order."""

import asyncio
import contextlib
import errno
import signal
import socket
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import uvicorn
from fastapi import FastAPI

from shared.settings import ServiceSettings

GRACE_SECONDS = 5  # for requests under way; then they are cut
KEEP_ALIVE_SECONDS = 75  # longer than a gateway keeps its own, so that it never writes into a closed connection
CONCURRENT_REQUESTS = 500
SOCKET_BACKLOG = 512
POLL_SECONDS = 0.01

T = TypeVar("T")


class PortInUse(Exception):
    """Somebody else listens there."""


class NotStarted(Exception):
    """A service could not open what it needs; the log says what."""


class Server(uvicorn.Server):
    """A server that leaves signals to whoever started it: four sets of handlers would take them from each other."""

    def __init__(self, app: FastAPI, settings: ServiceSettings) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=GRACE_SECONDS,  # without it an open stream holds the exit for ever
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                limit_concurrency=CONCURRENT_REQUESTS,
                backlog=SOCKET_BACKLOG,
            )
        )
        self.app, self.settings = app, settings

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except SystemExit:
            raise NotStarted(f"{self.settings.name} did not start; the log above says why") from None

    async def start(self, bound: socket.socket) -> "asyncio.Task[None]":
        """Serve until told to stop. -> the task, once the first request would be answered. Raises NotStarted."""
        task = asyncio.create_task(self.serve([bound]), name=f"server {self.settings.name}")
        while not self.started and not task.done():  # noqa: ASYNC110 -- uvicorn has a flag and no event
            await asyncio.sleep(POLL_SECONDS)
        if task.done():
            await task
        return task

    def mark_not_ready(self) -> None:
        """Say "not ready" to whoever asks and end long polls; requests are answered still."""
        self.app.state.stopping.set()

    def stop(self) -> None:
        """Take no more requests, finish those under way, then close what the service opened."""
        self.should_exit = True

    def force_stop(self) -> None:
        self.should_exit = self.force_exit = True


def open_socket(settings: ServiceSettings) -> socket.socket:
    """A listening socket: who connects before the service is up waits. Raises PortInUse."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((settings.host, settings.port))
        bound.listen(SOCKET_BACKLOG)
    except OSError as problem:
        bound.close()
        if problem.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        why = "is in use" if problem.errno == errno.EADDRINUSE else "is not ours to use"
        variable = f"REKAP_{settings.name.upper()}_PORT"
        raise PortInUse(f"port {settings.port} for {settings.name} {why}; {variable} takes another") from None
    bound.setblocking(False)
    return bound


@contextlib.contextmanager
def on_signal(first: Callable[[], None], again: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C or SIGTERM asks politely, once more insists."""
    steps = iter([first])
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, lambda: next(steps, again)())
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def run_async(main: Coroutine[Any, Any, T]) -> T:  # Any: what a coroutine yields and is sent, never used
    """On uvloop where there is one."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(main)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)
