"""Fixtures for every room: a database on each back end, a frozen clock, tokens, and what ran on which back end."""

import os
import random
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from xdist.scheduler import LoadScopeScheduling

from shared.base import clock
from shared.base import logging as our_logging
from tests.backends import back_end_report, database_templates, kafka, postgres, run_state

if TYPE_CHECKING:
    from shared.db import Database
    from shared.service import Service

BackEnd = Literal["sqlite", "postgres"]
MakeUrl = Callable[["Service"], Awaitable[str]]
FOLDERS_SHARING_A_STACK = ("faults", "journeys", "portal", "stack")  # folders whose tests share a stack, or the machine
SLOW_FOLDERS = {"bad_input", "deploy", "faults", "journeys", "portal", "simulation", "simulator", "stack"}
SLOW_FILES = {
    "test_guides.py", "test_histories.py", "test_kafka_outages.py", "test_middleware.py", "test_migrations.py",
    "test_raw_http.py", "test_session_closing.py", "test_settings.py",
}  # fmt: skip
SLOW_FIXTURES = {"make_url", "kafka_servers", "broker_of_module"}
QUICK_TESTS_AT_LEAST = 800
HERE = Path(__file__).parent
NOON = datetime(2018, 11, 30, 5, 0, tzinfo=UTC)  # in Jakarta


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="rules alone: no database, no broker, no process, no browser")
    parser.addoption("--shuffle", metavar="SEED", help="random order: the seed of an earlier run, or 0 for a new one")


def pytest_configure(config: pytest.Config) -> None:
    our_logging.configure()  # as a service does it: a traceback drawn in colour takes a second
    # cancelled between connecting and asking for metadata, aiokafka forgets the connection; collected, it closes itself
    config.addinivalue_line("filterwarnings", "ignore:Unclosed AIOKafkaConnection:ResourceWarning")
    if not hasattr(config, "workerinput"):
        run_state.begin_run()
        if config.option.shuffle == "0":
            config.option.shuffle = str(random.randrange(1, 10**6))  # workers inherit it


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and run_state.VARIABLE in os.environ:
        run_state.finish_run()


def pytest_report_header(config: pytest.Config) -> str | None:
    seed = config.getoption("--shuffle")
    return f"shuffled: --shuffle={seed} repeats this order" if seed else None


class FileOrFolderScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Workers take whole files; where the tests of a folder share a stack, or the machine, whole folders."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        folder = file.rpartition("/")[0]
        return folder if folder.rpartition("/")[2] in FOLDERS_SHARING_A_STACK else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    return FileOrFolderScheduling(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.option.quick:
        quick, others = list[pytest.Item](), list[pytest.Item]()
        for item in items:
            (quick if SLOW_FIXTURES.isdisjoint(getattr(item, "fixturenames", ())) else others).append(item)
        assert len(quick) >= QUICK_TESTS_AT_LEAST or config.args != config.getini("testpaths"), "it left out too much"
        config.hook.pytest_deselected(items=others)
        items[:] = quick
    if seed := config.getoption("--shuffle"):
        random.Random(seed).shuffle(items)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Of a quick run: what starts something, or takes its time, is not even read."""
    if not config.option.quick or not collection_path.is_relative_to(HERE):
        return None
    name = collection_path.relative_to(HERE).as_posix()
    return name in SLOW_FOLDERS or collection_path.name in SLOW_FILES or None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    back_end_report.write_section(terminalreporter)


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder, in memory where the machine allows; gone after the test."""
    with tempfile.TemporaryDirectory(dir=run_state.run_folder()) as name:
        yield Path(name)


@pytest.fixture(params=["sqlite", "postgres"])
def back_end(request: pytest.FixtureRequest) -> BackEnd:
    """A test that asks for this, or for a fixture built on it, runs once on each database."""
    name: BackEnd = request.param
    back_end_report.note_back_end(request.node, name)
    return name


@pytest.fixture
async def make_url(back_end: BackEnd, folder: Path) -> AsyncIterator[MakeUrl]:
    """Call it with a service: the URL of a fresh database of its own, migrated, on the test's back end."""
    if back_end == "sqlite":

        async def sqlite_url(service: "Service") -> str:
            return await database_templates.sqlite_copy(service, folder)

        yield sqlite_url
        return
    try:
        server = postgres.shared_server()
    except run_state.BackEndMissing as reason:
        run_state.skip_or_fail("PostgreSQL", reason)
    made: list[str] = []

    async def postgres_url(service: "Service") -> str:
        made.append(
            await server.make_database(lambda url: database_templates.prepare_database(service, url), key=service.name)
        )
        return made[-1]

    yield postgres_url
    for url in made:
        await server.drop(url)


@pytest.fixture
async def open_database(make_url: MakeUrl) -> AsyncIterator[Callable[["Service"], Awaitable["Database"]]]:
    """Call it with a service: its migrated database, open until the test ends."""
    from shared.db import Database

    opened: list[Database] = []

    async def opener(service: "Service") -> Database:
        database = Database(await make_url(service), publishes=service.publishes)
        await database.open()
        opened.append(database)
        return database

    yield opener
    for database in opened:
        await database.close()


@pytest.fixture
async def database(service: "Service", open_database: Callable[["Service"], Awaitable["Database"]]) -> "Database":
    """The room's own database. A room's conftest gives `service`."""
    return await open_database(service)


@pytest.fixture
def kafka_servers(request: pytest.FixtureRequest) -> str:
    """The bootstrap servers of the broker all tests of a run share: never stop it, make topics of your own."""
    back_end_report.note_back_end(request.node, "kafka")
    try:
        return kafka.shared_servers()
    except run_state.BackEndMissing as reason:
        run_state.skip_or_fail("Apache Kafka", reason)


@pytest.fixture
async def topics(kafka_servers: str) -> AsyncIterator[kafka.Topics]:
    """The services' topics, fresh, under a prefix of this test's own."""
    made = kafka.Topics(kafka_servers)
    await made.make()
    yield made
    await made.delete()


@pytest.fixture(scope="module")
def broker_of_module() -> Iterator[kafka.Broker]:
    try:
        with tempfile.TemporaryDirectory(dir=run_state.run_folder()) as name:
            broker = kafka.start_own_broker(Path(name))
            yield broker
            broker.kill()
    except run_state.BackEndMissing as reason:
        run_state.skip_or_fail("Apache Kafka", reason)


@pytest.fixture
def own_broker(request: pytest.FixtureRequest) -> Iterator[kafka.Broker]:
    """A broker to stop, kill and freeze; tests of one module share it, and find it running."""
    back_end_report.note_back_end(request.node, "kafka")
    broker: kafka.Broker = request.getfixturevalue("broker_of_module")
    yield broker
    if broker.running:
        broker.resume()
    else:
        broker.start()


class FrozenClock:
    """Time that moves only when told to."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def frozen_clock() -> Iterator[FrozenClock]:
    """Noon of 30 November 2018 in Jakarta, until the test sets `.at` to another instant."""
    frozen = FrozenClock(NOON)
    with clock.override_time(frozen):
        yield frozen
