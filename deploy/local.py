"""All on one machine: four services in one process, on SQLite and the feed over loopback, with a data folder."""

import asyncio
import contextlib
import fcntl
import logging
import secrets
import time
from collections.abc import Iterator
from functools import partial
from importlib import import_module
from logging.handlers import RotatingFileHandler
from pathlib import Path

from deploy.console import err, out, show_outcome
from deploy.load import ServiceUnreachable, TokenOfService, load_folder
from deploy.seed_data import UnreadableSeedData
from deploy.server import Server, on_signal, open_socket
from shared.base import clock
from shared.base import logging as our_logging
from shared.security.dev_issuer import DevIssuer, write_secret
from shared.service import Service
from shared.settings import PORTS, ServiceSettings, settings_of

SERVICES = tuple(PORTS)
STOP_ORDER = ("reporting", "blanks", "recording", "equipment")  # who listens to most goes first
HOST = "127.0.0.1"
LOADED_MARKER = "loaded"  # a file in the data folder, written once everything is in
SECRET_KEY_FILE = "secret-key"
LOG_FILE, LOG_BYTES, LOGS_KEPT = "rekap.log", 10_000_000, 3


class FolderInUse(Exception):
    """Another process works in this data folder."""


def load_service(name: str) -> Service:
    found: Service = import_module(f"services.{name}.main").service
    return found


def service_urls() -> dict[str, str]:
    """Where each service listens on this machine."""
    return {name: f"http://{HOST}:{settings_of(name).port}" for name in SERVICES}


def settings_in(folder: Path, name: str) -> ServiceSettings:
    """Settings of a service that keeps everything in a data folder and is reached over loopback alone."""
    return settings_of(
        name,
        data_folder=folder,
        host=HOST,
        sources=service_urls(),
        secret_key=secret_key_of(folder),
        migrate_on_start=False,  # done before, one after the other
    )


def secret_key_of(folder: Path) -> str:
    """The key of the requests' fingerprints, made at the first use: another one would make every replay a conflict."""
    file = folder / SECRET_KEY_FILE
    if not file.exists():
        write_secret(file, secrets.token_hex(32).encode())
    return file.read_text()


@contextlib.contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Nobody else runs in this folder meanwhile; the kernel forgets a claim with its process. Raises InUse."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise FolderInUse(f"another `rekap run` works in {folder}; REKAP_DATA takes another folder") from None
        yield


async def run_all(folder: Path, *, rows: Path | None, began: float) -> None:
    """Start, load the rows the first time, serve until asked to stop.

    rows: a folder with the three files, or none. began: when the command did, by the performance counter.
    Raises InUse, PortInUse, NotStarted, NoClock.
    """
    with folder_lock(folder):
        configure_log_file(folder)
        settings = {name: settings_in(folder, name) for name in SERVICES}
        clock.use_clock_file(settings["recording"].clock_file)
        bound = {name: open_socket(settings[name]) for name in SERVICES}
        issuer = DevIssuer(folder, settings["recording"].issuer)
        for name in SERVICES:
            await load_service(name).upgrade_schema(settings[name])
        servers = {name: Server(load_service(name).create_app(settings[name]), settings[name]) for name in SERVICES}
        asked = asyncio.Event()
        with on_signal(asked.set, partial(force_stop, servers)):
            tasks = {name: await server.start(bound[name]) for name, server in servers.items()}
            out.print(f"Rekap is up after {time.perf_counter() - began:.1f} s; its data and log are in {folder}")
            loading = asyncio.create_task(load_once(folder, rows, issuer))
            await asyncio.wait([asyncio.create_task(asked.wait()), *tasks.values()], return_when="FIRST_COMPLETED")
            loading.cancel()
            await stop_servers(servers, tasks)


async def stop_servers(servers: dict[str, Server], tasks: dict[str, asyncio.Task[None]]) -> None:
    """One after the other, so that none asks one that is gone. Raises what ended a server before its time."""
    out.print("Stopping; once more Ctrl-C insists")
    for server in servers.values():
        server.mark_not_ready()
    for name in STOP_ORDER:
        servers[name].stop()
        await asyncio.wait([tasks[name]])
    for task in tasks.values():
        await task


def force_stop(servers: dict[str, Server]) -> None:
    for server in servers.values():
        server.force_stop()


async def load_once(folder: Path, rows: Path | None, issuer: DevIssuer) -> None:
    """Load unless it was done; an interrupted load is simply done again."""
    if rows is not None and not (folder / LOADED_MARKER).exists():
        await first_load(folder, rows, issuer)
    show_addresses()


async def first_load(folder: Path, rows: Path, issuer: DevIssuer) -> None:
    with out.status("Loading what five offices stated, over the public API") as status:

        def report_progress(done: int, of: int) -> None:
            status.update(f"Loading what five offices stated, over the public API: {done} of {of}")

        try:
            outcome = await load_folder(rows, service_urls(), writing_token(issuer), report_progress=report_progress)
        except (UnreadableSeedData, ServiceUnreachable) as problem:
            err.print(f"Not loaded: {problem}. The next start tries again.", style="red", markup=False)
            return
    show_outcome(outcome)
    if not outcome.refused:
        (folder / LOADED_MARKER).touch()


def writing_token(issuer: DevIssuer) -> TokenOfService:
    """Good for writing everywhere, to one service at a time."""
    return lambda service: issuer.issue(
        scopes=[f"{service}:write"], areas=["*"], client="rekap-load", audience=[f"rekap-{service}"]
    )


def show_addresses() -> None:
    where = service_urls()
    lines = [
        ("portal", f"{where['reporting']}/"),
        ("", f"{where['reporting']}/en/areas/61.03"),
        ("reports", f"{where['reporting']}/v1/reports/61.03?as_of=2017-09-30"),
        ("", f"{where['reporting']}/v1/reports/00?as_of=2018-11-30&format=csv"),
        ("one figure", f"{where['reporting']}/v1/reports/61.03/figures/unprinted"),
        *(("API" if name == "recording" else "", f"{url}/docs") for name, url in where.items()),
        ("a token", 'rekap token --scope "recording:read recording:write" --areas "*"'),
    ]
    for word, address in lines:
        out.print(f"  {word:<10}  {address}", markup=False)
    out.print("Ctrl-C stops.")


def configure_log_file(folder: Path) -> None:
    """Everything into a file, so that the terminal stays readable; what needs a person is on both."""
    our_logging.configure("INFO")
    root = logging.getLogger()
    [console] = root.handlers
    file = RotatingFileHandler(folder / LOG_FILE, maxBytes=LOG_BYTES, backupCount=LOGS_KEPT, encoding="utf-8")
    file.setFormatter(console.formatter)
    our_logging.configure("INFO", readable=True)
    [console] = root.handlers
    console.setLevel(logging.ERROR)
    root.addHandler(file)
