"""P27: a full disk stops writing, not reading; nothing acknowledged is lost; it heals by itself."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.settings import PORTS
from tests.backends import run_state
from tests.backends.own_postgres import OwnPostgres
from tests.backends.small_disk import DiskFiller, small_disk
from tests.faults import results
from tests.faults.conftest import FaultScenario, MakeScenario
from tests.faults.test_database import check_and_report, seconds_until, status, write

MEGABYTES = 128


@pytest.fixture
def disk(folder: Path) -> Iterator[Path]:
    try:
        with small_disk(folder / "disk", megabytes=MEGABYTES) as folder:
            yield folder
    except run_state.BackEndMissing as reason:
        run_state.skip_or_fail("a small disk", reason)


@pytest.fixture
async def full_postgres(disk: Path, own_postgres: OwnPostgres) -> OwnPostgres:
    """Its databases on the small disk, its log elsewhere: without a log PostgreSQL stops itself."""
    own_postgres.tablespace = disk / "tables"
    await own_postgres.prepare()
    return own_postgres


@pytest.mark.timeout(400)
class TestFullDisk:
    """P27."""

    async def test_under_postgresql(self, make_scenario: MakeScenario, full_postgres: OwnPostgres, disk: Path) -> None:
        made = await make_scenario("postgres", database_servers=dict.fromkeys(PORTS, full_postgres))
        await self.fills_and_heals(made, disk, "PostgreSQL")

    async def test_under_sqlite(self, make_scenario: MakeScenario, disk: Path, folder: Path) -> None:
        for name in PORTS:
            (folder / f"{name}.db").symlink_to(disk / f"{name}.db")
        made = await make_scenario("sqlite")
        await self.fills_and_heals(made, disk, "SQLite")

    async def fills_and_heals(self, made: FaultScenario, disk: Path, where: str) -> None:
        await made.load.run(results.size_for_run(50, 2_000))
        filler = DiskFiller(disk)

        async def is_full() -> bool:
            filler.fill()
            await made.load.run(20)
            answer = await write(made)
            return answer.status_code == 503 and answer.json()["code"] == "storage_full"

        await seconds_until(is_full)
        odd = await self.answers_while_full(made)
        results.record("P27", f"{where}: other answers than 503 to a write", len(odd), 0, passed=not odd)
        assert not odd
        reads = [await status(made, "reporting", f"/v1/reports/{area}") for area in ("61.03", "61", "00")]
        results.record("P27", f"{where}: reads answered", str(set(reads)), "{200}", passed=set(reads) == {200})
        assert set(reads) == {200}
        assert await status(made, "recording", "/livez") == 200
        filler.free()

        async def is_healed() -> bool:
            return (await write(made)).status_code == 201

        results.check_seconds("P27", f"{where}: writes again after", await seconds_until(is_healed), 10)
        await check_and_report(made, "P27", f"{where}, disk full")

    async def answers_while_full(self, made: FaultScenario) -> set[int]:
        """What is neither done, as in the space that a page has left, nor refused for now."""
        found: set[int] = set()
        for _ in range(20):
            found.add((await write(made)).status_code)
            await asyncio.sleep(0.02)
        return found - {201, 503}
