"""P15: books rebuilt and taken over, and the previous ones again, while people read them and offices record on."""

import asyncio
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests import factories
from tests.faults import results
from tests.faults.checker import check_positions, check_reports, check_sequences
from tests.faults.conftest import FaultScenario, MakeScenario
from tests.faults.database_state import all_rows, events_of
from tests.faults.old_events import add_events
from tests.faults.stack import PUBLISHERS, FaultStack

READS_A_SECOND = 50
AT_ONCE = 8
AREAS = (*factories.DISTRICTS, "61", "00")
# the bytes must not depend on where they are made
FOREIGN_ENVIRONMENT = {"PYTHONHASHSEED": "4711", "TZ": "America/St_Johns", "LC_ALL": "C", "LANG": "tr_TR.UTF-8"}


@dataclass
class ReportReaders:
    """Reads at a steady rate; each answer must be one that nobody can call wrong."""

    stack: FaultStack
    times: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    late: int = 0  # refused because the machine had no time for them
    newest: dict[str, tuple[int, int, str]] = field(default_factory=dict)  # by area: events, recordings, until when

    async def read(self, area: str) -> None:
        began, floor = time.perf_counter(), self.newest.get(area, (0, 0, ""))
        try:
            answer = await self.stack.client.get(f"{self.stack.url('reporting')}/v1/reports/{area}", timeout=30)
        except httpx.TransportError as error:
            self.wrong.append(repr(error))
            return
        self.times.append(time.perf_counter() - began)
        if answer.status_code == 503 and answer.json()["code"] == "timeout":
            self.late += 1
            return
        if answer.status_code != 200:
            self.wrong.append(f"{answer.status_code} {answer.text[:200]}")
            return
        found = report_summary(answer.json())
        if found[0] < floor[0] or found[1] < floor[1] or found[2] < floor[2]:
            self.wrong.append(f"{area} went back from {floor} to {found}")
        self.newest[area] = max(found, self.newest.get(area, found))

    async def go_on(self) -> None:
        loop = asyncio.get_running_loop()
        began, count = loop.time(), 0
        places = asyncio.Semaphore(AT_ONCE)  # on a machine that cannot do so many, as many as it can

        async def one(area: str) -> None:
            async with places:
                await self.read(area)

        async with asyncio.TaskGroup() as reading:
            while True:
                if not places.locked():
                    reading.create_task(one(AREAS[count % len(AREAS)]))
                count += 1
                await asyncio.sleep(max(0.0, began + count / READS_A_SECOND - loop.time()))


def report_summary(report: dict[str, Any]) -> tuple[int, int, str]:
    """What only grows where people are only recorded: events heard, recordings counted, complete until."""
    figure = report["figures"]["recorded"]
    events = sum(source["events"] for source in report["sources"].values())
    return events, figure["value"] or figure["at_least"] or 0, report["complete_until"] or ""


async def reading(stack: FaultStack, work: Any) -> tuple[ReportReaders, Any]:  # Any: an awaitable and what it gives
    readers = ReportReaders(stack)
    task = asyncio.create_task(readers.go_on())
    try:
        done = await work
    finally:
        task.cancel()
        await asyncio.wait([task])
    return readers, done


async def fill(made: FaultScenario, number: int) -> None:
    await add_events(made.stack.databases["recording"], number)
    await made.load.run(20, a_second=10)  # on SQLite a commit of another process wakes no publisher
    await made.drain(300)


def p99_ms(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.99)] * 1000


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("kind", ["sqlite", "kafka"])
class TestTakenOver:
    async def test_while_people_read_and_offices_record(self, make_scenario: MakeScenario, kind: str) -> None:
        made = await make_scenario(kind)
        made.load.mix = {"capture": 1}
        await fill(made, results.size_for_run(2_000, 200_000))
        where = "SQLite" if kind == "sqlite" else "PostgreSQL"
        idle, _ = await reading(made.stack, asyncio.sleep(results.size_for_run(4, 20)))
        for words in (("rebuild",), ("rebuild", "--back")):
            work = made.load.during(run_quietly(made.stack, *words), a_second=5)
            busy, _ = await reading(made.stack, work)
            what = f"{where}: rekap {' '.join(words)}"
            wrong = idle.wrong + busy.wrong
            results.record("P15", f"{what}: errors and wrong reads", len(wrong), 0, passed=not wrong)
            assert not wrong, wrong[:5]
            overloaded = os.getloadavg()[0] > 2 * (os.cpu_count() or 1)  # others work here too: nobody's fault
            results.record("P15", f"{what}: reads out of time", busy.late, 0, passed=not busy.late or overloaded)
            assert not busy.late or overloaded
            results.check_at_most("P15", f"{what}: reads meanwhile", len(busy.times), 50, least=True)
            ratio = p99_ms(busy.times) / p99_ms(idle.times)
            bound = (
                2 * results.time_factor() if results.is_full() else 10 * results.time_factor()
            )  # few reads: one is 1 %
            results.record("P15", f"{what}: p99 against idle", ratio, 2, passed=ratio <= bound, unit="times")
            assert ratio <= bound
            assert "Reporting reads them now" in command_output(made.stack)
            assert "no difference" in command_output(made.stack) or "--back" in words
        await check_against_oracle(made)


async def check_against_oracle(made: FaultScenario) -> None:
    """The past was never asked of a service, so only what was said of it is checked."""
    await made.drain()
    found = await all_rows(made.stack)
    said = [each for name in PUBLISHERS for each in events_of(name, found[name])]
    wrong = [*check_sequences(found, said, {}), *check_positions(found, 0)]
    assert wrong + await check_reports(made.stack, said) == []


async def run_quietly(stack: FaultStack, *words: str) -> None:
    """The command elsewhere: with another hash seed, zone and locale, and at low priority: it has its own machine."""
    (stack.folder / "told").write_text(await asyncio.to_thread(run_command, stack, *words))


def command_output(stack: FaultStack) -> str:
    return (stack.folder / "told").read_text()


def run_command(stack: FaultStack, *words: str) -> str:
    command = [sys.executable, "-m", "deploy.cli", *words]
    done = subprocess.run(
        command,
        env=stack.environment() | FOREIGN_ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: os.nice(10),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
