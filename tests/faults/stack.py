"""A stack to break: its processes can be frozen, killed at named places, doubled, and pointed at another broker."""

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import httpx

from tests.backends import kafka, postgres
from tests.faults.database_state import start_at_seq
from tests.journeys.stack import SERVICES, Report, Stack

PUBLISHERS = ("recording", "blanks", "equipment")
SOURCES_OF_CONSUMER = {"recording": ("blanks",), "blanks": ("recording",), "reporting": PUBLISHERS}


class FaultStack(Stack):
    """kind: `sqlite`, `kafka`, or `postgres` with the feed.

    servers: of a broker of the test's own. make_topics: there, if not in the usual way. database_servers: PostgreSQL
    servers of the test's own, by service.
    more, of: environment of all services, and of single ones. lifted: by partition, how many events were said before.

    A second process of a service is called `recording-b`: it has its own port and the same database; `front` says
    which process answers clients for a service.
    """

    def __init__(
        self,
        kind: str,
        folder: Path,
        *,
        servers: str = "",
        make_topics: Callable[[kafka.Topics], Awaitable[None]] = kafka.Topics.make,
        database_servers: Mapping[str, postgres.Postgres] | None = None,
        more: Mapping[str, str] | None = None,
        lifted: Mapping[int, int] | None = None,
        of: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        super().__init__(kind, folder, heads_seconds=None)  # bounds are measured with the product's own
        self.database_servers = dict(database_servers or {})
        self.servers, self.more, self.of = servers, dict(more or {}), dict(of or {})
        self.make_topics, self.lifted = make_topics, dict(lifted or {})
        self.front: dict[str, str] = {}

    async def open(self) -> None:
        for name in SERVICES:
            self.databases[name] = await self.make_database(name)
        if self.kind == "kafka":
            self.topics = kafka.Topics(self.servers or kafka.shared_servers())
            await self.make_topics(self.topics)
        if self.lifted:
            for name in SERVICES:
                await start_at_seq(self.databases[name], SOURCES_OF_CONSUMER.get(name, ()), self.lifted)
        await asyncio.gather(*(self.start(name) for name in SERVICES))

    async def make_database(self, name: str) -> str:
        if name in self.database_servers:
            return await self.database_servers[name].make_database()
        return await super().make_database(name)

    async def close(self) -> None:
        if self.servers:
            self.topics = None  # they go with their broker
        shared = [url for name, url in self.databases.items() if name not in self.database_servers]
        self.databases = {}  # those of a server of the test's own go with it
        await super().close()
        for url in shared if self.kind != "sqlite" else ():
            await postgres.shared_server().drop(url)

    def command(self, name: str) -> list[str]:
        return [sys.executable, "-m", "tests.faults.hooked_serving", service_of(name)]

    def environment(self, name: str = "") -> dict[str, str]:
        own = {f"REKAP_{service_of(name).upper()}_PORT": str(self.ports[name])} if name else {}
        hooks = {"REKAP_FAULT_HOOKS": str(self.hooks(name))} if name else {}
        return {**super().environment(name), **self.more, **self.of.get(name, {}), **own, **hooks}

    async def start(self, name: str) -> None:
        if name not in self.ports:
            [self.ports[name]] = kafka.free_ports(1)
        await super().start(name)

    async def metrics(self, name: str) -> str:
        return (await self.asked(self.url(name) + "/metrics")).text

    async def get(self, path: str, **query: str) -> Report:
        found: Report = (await self.asked(self.url("reporting") + path, **query)).json()
        return found

    async def asked(self, url: str, **query: str) -> httpx.Response:
        """The answer, asked for again while there is none: the checker is no client in a hurry."""
        for pause in (0.1, 1, 2, 5, 10):
            with contextlib.suppress(httpx.TransportError):
                answer = await self.client.get(url, params=query)
                if answer.status_code == 200:
                    return answer
            await asyncio.sleep(pause)
        answer = await self.client.get(url, params=query)
        assert answer.status_code == 200, answer.text
        return answer

    # --- what is done to its processes

    def hooks(self, name: str) -> Path:
        folder = self.folder / f"hooks-{name}"
        folder.mkdir(exist_ok=True)
        return folder

    def set_hook(self, name: str, hook: str, how: str) -> None:
        """how: STOP or KILL, the next time the process comes by."""
        (self.hooks(name) / f"{hook}.sprung").unlink(missing_ok=True)
        unfinished = self.hooks(name) / f"{hook}.new"
        unfinished.write_text(how)
        unfinished.rename(self.hooks(name) / hook)

    async def sprung(self, name: str, hook: str, within_seconds: float = 120) -> None:
        """Until the process came by."""
        end = time.monotonic() + within_seconds
        while not (self.hooks(name) / f"{hook}.sprung").exists():
            assert time.monotonic() < end, f"{name} never came by {hook}: {self.log_of(name)}"
            await asyncio.sleep(0.01)

    def signal(self, name: str, number: signal.Signals) -> None:
        self.processes[name].send_signal(number)

    def pause(self, name: str) -> None:
        self.signal(name, signal.SIGSTOP)

    def resume(self, name: str) -> None:
        self.signal(name, signal.SIGCONT)

    async def restart(self, name: str) -> float:
        """Kill and start. -> seconds until it was ready again."""
        began = time.monotonic()
        await self.kill(name)
        await self.start(name)
        return time.monotonic() - began


def service_of(name: str) -> str:
    return name.partition("-")[0]
