"""P45, D5a: restored to a time, nothing is taken for a duplicate; with a new history and new books all figures hold."""

import asyncio
import json
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.backends import back_end_report, run_state
from tests.backends.own_postgres import OwnPostgres
from tests.backends.postgres_backup import Backup
from tests.faults import results
from tests.faults.conftest import FaultScenario, MakeScenario
from tests.faults.drain import consumed_count
from tests.faults.test_database import check_and_report, seconds_until
from tests.journeys.stack import SERVICES

PUBLISHERS = ("recording", "blanks", "equipment")
ACTS = (100, 5_000)  # usually, and in full size


@pytest.fixture
async def backup(request: pytest.FixtureRequest, folder: Path) -> AsyncIterator[Backup]:
    """Of a server that archives its log."""
    back_end_report.note_back_end(request.node, "postgres")
    server = OwnPostgres(folder / "postgres")
    try:
        server.init()
    except run_state.BackEndMissing as reason:
        run_state.skip_or_fail("PostgreSQL", reason)
    made = Backup(server, folder)
    server.start()
    yield made
    server.crash()


async def state(made: FaultScenario, name: str) -> str:
    sources = (await made.stack.report("00"))["sources"]
    return f"{sources[name]['state']}"


async def run_and_lose(made: FaultScenario, acts: int) -> None:
    """What offices do after the time that will come back: it will be lost, and nobody may count it."""
    known = set(made.history.acts)
    made.load.mix = {"capture": 1}  # nobody else builds on these
    await made.load.run(acts)
    await made.drain()
    for id in set(made.history.acts) - known:
        del made.history.acts[id], made.history.outcomes[id]
    made.load.ready.clear()
    made.load.refused.clear()


async def half_backed_up(made: FaultScenario, backup: Backup) -> str:
    """A base backup under load, more load after it, all heard. -> the time to come back to."""
    await made.load.during(asyncio.to_thread(backup.make), a_second=20)
    await made.load.run(results.size_for_run(*ACTS))
    await made.drain()
    return await backup.now()


@pytest.mark.timeout(900)
class TestRestoredToATime:
    async def test_a_publisher(self, make_scenario: MakeScenario, backup: Backup) -> None:
        made = await make_scenario("kafka", database_servers={"recording": backup.server})
        at = await half_backed_up(made, backup)
        await run_and_lose(made, 40)
        await backup.archive_all()
        doubles = await consumed_count(made.stack, "reporting", "duplicate")
        await made.stack.kill("recording")
        backup.server.crash()
        began = time.monotonic()
        await backup.restore(at)
        results.record("P45", "PostgreSQL restored to a time", time.monotonic() - began, passed=True, unit="s")
        await made.stack.start("recording")

        async def has_stopped() -> bool:
            return await state(made, "recording") == "stopped"

        results.check_seconds("P45", "consumers stop and say so after", await seconds_until(has_stopped), 15)
        dropped = await consumed_count(made.stack, "reporting", "duplicate") - doubles
        results.check_at_most("P45", "new facts dropped as duplicates", dropped, 0)
        await self.begins_anew(made)

    async def begins_anew(self, made: FaultScenario) -> None:
        """As the runbook has it: a new history before it publishes, then new books."""
        await made.stack.kill("recording")
        await made.stack.rekap("new-history", "recording", "--reason", "restored to a time")
        await made.stack.start("recording")
        await made.load.run(20)
        told = await made.stack.rekap("rebuild", "--reason", "recording was restored to a time")
        assert "Reporting reads them now" in told
        await made.load.run(results.size_for_run(*ACTS))
        await check_and_report(made, "P45", "publisher restored, new history, rebuilt")

    async def test_a_consumer_reads_on(self, make_scenario: MakeScenario, backup: Backup) -> None:
        made = await make_scenario("postgres", database_servers={"reporting": backup.server})
        at = await half_backed_up(made, backup)
        await made.load.run(results.size_for_run(*ACTS))
        await made.drain()
        await backup.archive_all()
        backup.server.crash()
        await backup.restore(at)  # the service runs on through it
        await seconds_until(lambda: made.stack.is_ready("reporting"))
        await made.load.run(20)
        await check_and_report(made, "P45", "consumer restored, read on")


@pytest.mark.timeout(600)
class TestBackedUpFiles:
    async def test_put_back_begin_new_histories(self, make_scenario: MakeScenario, tmp_path: Path) -> None:
        made = await make_scenario("sqlite")
        await made.load.run(results.size_for_run(*ACTS))
        await made.drain()
        known = set(made.history.acts)
        copies = tmp_path / "copies"
        await made.load.during(run_command(made, "backup", str(copies)), a_second=20)
        after = set(made.history.acts) - known
        await made.drain()
        for name in SERVICES:
            await made.stack.kill(name)
        restore_files(copies, made.stack.folder)
        for name in PUBLISHERS:
            await made.stack.rekap("new-history", name, "--reason", "put back from a copy")
        await asyncio.gather(*(made.stack.start(name) for name in SERVICES))
        told = await made.stack.rekap("rebuild", "--reason", "put back from copies")
        assert "Reporting reads them now" in told
        for id in after:  # copied or lost, as the copy came before or after them
            made.history.outcomes[id] = "info"
        made.load.ready.clear()
        made.load.refused.clear()
        made.load.printable.clear()
        await made.load.run(40)
        await check_and_report(made, "P45", "SQLite copies put back, new histories, rebuilt")


async def run_command(made: FaultScenario, *words: str) -> None:
    await made.stack.rekap(*words)


def restore_files(copies: Path, folder: Path) -> None:
    """As the command told: the files of the manifest in the place of those there."""
    for name in json.loads((copies / "manifest.json").read_text())["files"]:
        for part in ("-wal", "-shm"):
            (folder / f"{name}{part}").unlink(missing_ok=True)
        shutil.copy2(copies / name, folder / name)
