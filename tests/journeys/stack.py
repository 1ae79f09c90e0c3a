"""A stack: four services as processes of their own, on SQLite and the feed or on PostgreSQL and a real Kafka."""

import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy.engine import make_url

import data
from deploy.load import LoadOutcome, load_folder
from deploy.local import load_service
from shared.base import clock
from shared.security.dev_issuer import DevIssuer
from shared.settings import PORTS
from tests.backends import database_templates, kafka, postgres
from tests.backends.forked_process import ForkedProcess, start_command

SERVICES = tuple(PORTS)
ISSUER = "http://127.0.0.1/rekap"
READY_SECONDS = 180
WAIT_SECONDS = 60.0
END_OFFSETS_SECONDS = 0.5  # nobody waits for the product's ten
Report = dict[str, Any]  # JSON
AREAS = ("61.03", "52.02", "52.02.04", "61.09", "61.01", "61.12", "61.12.01", "61", "52", "00")
DAYS = (None, "2017-09-30", "2017-10-28", "2018-11-30", "2011-10-31")


class Stack:
    """One installation in a folder of its own. kind: `sqlite` or `kafka`. heads_seconds: None is the product's own."""

    def __init__(self, kind: str, folder: Path, *, heads_seconds: float | None = END_OFFSETS_SECONDS) -> None:
        self.kind, self.folder, self.heads_seconds = kind, folder, heads_seconds
        self.ports = dict(zip(SERVICES, kafka.free_ports(len(SERVICES)), strict=True))
        self.processes: dict[str, ForkedProcess | subprocess.Popen[bytes]] = {}
        self.databases: dict[str, str] = {}
        self.topics: kafka.Topics | None = None
        self.issuer = DevIssuer(folder, ISSUER)
        self.client = httpx.AsyncClient(timeout=10, trust_env=False)
        self.secret = secrets.token_hex(16)

    # --- its life

    async def open(self) -> None:
        for name in SERVICES:
            self.databases[name] = await self.make_database(name)
        if self.kind == "kafka":
            self.topics = kafka.Topics(kafka.shared_servers())
            await self.topics.make()
        await asyncio.gather(*(self.start(name) for name in SERVICES))

    async def close(self) -> None:
        for name in list(self.processes):
            await self.kill(name)
        await self.client.aclose()
        if self.topics is not None:
            await self.topics.delete()
        if self.kind == "kafka":
            for url in self.databases.values():
                await postgres.shared_server().drop(url)

    async def make_database(self, name: str) -> str:
        """On SQLite the service makes it at its start."""
        if self.kind == "sqlite":
            return f"sqlite+aiosqlite:///{self.folder / name}.db"
        plate = load_service(name)
        return await postgres.shared_server().make_database(
            lambda url: database_templates.prepare_database(plate, url), key=name
        )

    def environment(self, name: str = "") -> dict[str, str]:
        """Of one process, or of the operators' command."""
        sources = {name: self.url(name) for name in SERVICES}
        mine = {
            "REKAP_DATA_FOLDER": str(self.folder),
            "REKAP_DATA": str(self.folder),
            "REKAP_ISSUER": ISSUER,
            "REKAP_SECRET_KEY": self.secret,
            "REKAP_SOURCES": json.dumps(sources),
        }
        if self.heads_seconds is not None:
            mine["REKAP_HEADS_SECONDS"] = str(self.heads_seconds)
        for name in SERVICES:
            mine[f"REKAP_{name.upper()}_PORT"] = str(self.ports[name])
            mine[f"REKAP_{name.upper()}_DATABASE_URL"] = self.databases[name]
        if self.topics is not None:
            mine |= {"REKAP_KAFKA": self.topics.servers, "REKAP_TOPIC_PREFIX": self.topics.prefix}
        return {**os.environ, **mine}

    def command(self, name: str) -> list[str]:
        return [sys.executable, "-m", "deploy.cli", "serve", name]

    async def start(self, name: str) -> None:
        """Start a service and wait until it is ready."""
        self.processes[name] = start_command(self.command(name), self.environment(name), self.folder / f"{name}.log")
        until = time.monotonic() + READY_SECONDS
        while not await self.is_ready(name):
            assert self.processes[name].poll() is None, self.log_of(name)
            assert time.monotonic() < until, self.log_of(name)
            await asyncio.sleep(0.05)

    async def is_ready(self, name: str) -> bool:
        try:
            return (await self.client.get(self.url(name) + "/readyz")).status_code == 200
        except httpx.TransportError:
            return False

    async def kill(self, name: str) -> None:
        """As a power cut does it."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGKILL)
        await asyncio.to_thread(process.wait)

    def log_of(self, name: str, *, whole: bool = False) -> str:
        text = (self.folder / f"{name}.log").read_text(errors="replace")
        return text if whole else text[-4000:]

    # --- what it is asked and told

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def today(self, area: str) -> date:
        return clock.today(area)

    def token(self, name: str, *scopes: str) -> str:
        wanted = scopes or (f"{name}:read", f"{name}:write", "blanks:approve", "events:read")
        return self.issuer.issue(scopes=wanted, areas=["*"], audience=[f"rekap-{name}"])

    async def post(self, name: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token(name)}"}
        answer = await self.client.post(self.url(name) + path, json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def get(self, path: str, **query: str) -> Report:
        answer = await self.client.get(self.url("reporting") + path, params=query)
        assert answer.status_code == 200, answer.text
        found: Report = answer.json()
        return found

    async def report(self, area: str, **query: str) -> Report:
        return await self.get(f"/v1/reports/{area}", **query)

    async def explain(self, area: str, figure: str, **query: str) -> Report:
        return await self.get(f"/v1/reports/{area}/figures/{figure}", **query)

    async def wait_for_report(self, area: str, holds: Callable[[Report], bool]) -> Report:
        """The report once it holds."""
        end = time.monotonic() + WAIT_SECONDS
        while not holds(report := await self.report(area)):
            assert time.monotonic() < end, f"not within {WAIT_SECONDS} s: {json.dumps(report['figures'])[:3000]}"
            await asyncio.sleep(0.02)
        return report

    async def load(self, *, attempts: int = 5) -> LoadOutcome:
        urls = {name: self.url(name) for name in SERVICES}
        return await load_folder(data.FOLDER, urls, self.token, attempts=attempts)

    async def settle(self) -> None:
        """Until reporting has heard everything that was said."""
        wanted = {}
        for name in ("recording", "blanks", "equipment"):
            wanted[name] = await self.published_count(name)
        end = time.monotonic() + WAIT_SECONDS
        while await self.consumed() != wanted:
            assert time.monotonic() < end, f"{await self.consumed()} instead of {wanted}"
            await asyncio.sleep(0.05)

    async def published_count(self, name: str) -> int:
        """How many events a service has numbered, once none waits for its number."""
        end = time.monotonic() + WAIT_SECONDS
        while True:
            metrics = (await self.client.get(self.url(name) + "/metrics")).text
            if "\nrekap_outbox_unstamped_age_seconds 0.0\n" in metrics:
                break
            assert time.monotonic() < end
            await asyncio.sleep(0.05)
        headers = {"Authorization": f"Bearer {self.token(name, 'events:read')}"}
        heads = (await self.client.get(self.url(name) + "/v1/events/heads", headers=headers)).json()
        return sum(int(part["seq"]) for part in heads["partitions"])

    async def consumed(self) -> dict[str, int]:
        return {name: source["events"] for name, source in (await self.report("00"))["sources"].items()}

    async def all_reports(self) -> dict[str, Any]:
        """Every report of a few areas on a few days, without what only says how fresh it is."""
        found = {}
        for area in AREAS:
            for day in DAYS:
                report = await self.report(area, **({"as_of": day} if day else {}))
                for fresh in ("complete_until", "sources", "incomplete_since"):
                    report.pop(fresh)
                found[f"{area} {day}"] = report
        return found

    async def rekap(self, *words: str) -> str:
        """The operators' command, in this installation."""
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "deploy.cli", *words],
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    # --- what goes wrong

    async def empty_topics(self) -> None:
        assert self.topics is not None
        await self.topics.empty()

    async def copy_database(self, name: str) -> str:
        """A copy of a service's database as it stands now; the service is stopped for it and started again."""
        await self.kill(name)
        if self.kind == "sqlite":
            copy = str(self.folder / f"{name}.copy")
            await asyncio.to_thread(copy_sqlite, self.folder / f"{name}.db", Path(copy))
        else:
            copy = f"copy_{secrets.token_hex(4)}"
            await postgres.shared_server().copy(make_url(self.databases[name]).database or "", copy)
        await self.start(name)
        return copy

    async def restore_database(self, name: str, copy: str) -> None:
        """Put the copy back in the place of the database, as a restore from a backup does."""
        await self.kill(name)
        if self.kind == "sqlite":
            for suffix in ("-wal", "-shm"):
                (self.folder / f"{name}.db{suffix}").unlink(missing_ok=True)
            (self.folder / f"{name}.db").write_bytes(Path(copy).read_bytes())
        else:
            database = make_url(self.databases[name]).database or ""
            await postgres.shared_server().drop(database)
            await postgres.shared_server().copy(copy, database)
        await self.start(name)


def copy_sqlite(source: Path, target: Path) -> None:
    import sqlite3

    with sqlite3.connect(source) as one, sqlite3.connect(target) as other:
        one.backup(other)
    other.close()
    one.close()
