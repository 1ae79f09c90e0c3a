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
from tests.faults.checker import outboxes_are_dense, positions_are_at_the_end, reports_agree
from tests.faults.conftest import Make, Scene
from tests.faults.databases import everything, said_by
from tests.faults.past import say_many
from tests.faults.stack import SOURCES, FaultStack

READS_A_SECOND = 50
AT_ONCE = 8
AREAS = (*factories.DISTRICTS, "61", "00")
# the bytes must not depend on where they are made
ABROAD = {"PYTHONHASHSEED": "4711", "TZ": "America/St_Johns", "LC_ALL": "C", "LANG": "tr_TR.UTF-8"}


@dataclass
class Readers:
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
        found = seen(answer.json())
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


def seen(report: dict[str, Any]) -> tuple[int, int, str]:
    """What only grows where people are only recorded: events heard, recordings counted, complete until."""
    figure = report["figures"]["recorded"]
    events = sum(source["events"] for source in report["sources"].values())
    return events, figure["value"] or figure["at_least"] or 0, report["complete_until"] or ""


async def reading(stack: FaultStack, work: Any) -> tuple[Readers, Any]:  # Any: an awaitable and what it gives
    readers = Readers(stack)
    task = asyncio.create_task(readers.go_on())
    try:
        done = await work
    finally:
        task.cancel()
        await asyncio.wait([task])
    return readers, done


async def filled(made: Scene, number: int) -> None:
    await say_many(made.stack.databases["recording"], number)
    await made.load.run(20, a_second=10)  # on SQLite a commit of another process wakes no publisher
    await made.drain(300)


def p99_ms(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.99)] * 1000


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("kind", ["sqlite", "kafka"])
class TestTakenOver:
    async def test_while_people_read_and_offices_record(self, make_scene: Make, kind: str) -> None:
        made = await make_scene(kind)
        made.load.mix = {"capture": 1}
        await filled(made, results.sized(2_000, 200_000))
        where = "SQLite" if kind == "sqlite" else "PostgreSQL"
        idle, _ = await reading(made.stack, asyncio.sleep(results.sized(4, 20)))
        for words in (("rebuild",), ("rebuild", "--back")):
            work = made.load.during(quietly(made.stack, *words), a_second=5)
            busy, _ = await reading(made.stack, work)
            what = f"{where}: rekap {' '.join(words)}"
            wrong = idle.wrong + busy.wrong
            results.record("P15", f"{what}: errors and wrong reads", len(wrong), 0, passed=not wrong)
            assert not wrong, wrong[:5]
            overloaded = os.getloadavg()[0] > 2 * (os.cpu_count() or 1)  # others work here too: nobody's fault
            results.record("P15", f"{what}: reads out of time", busy.late, 0, passed=not busy.late or overloaded)
            assert not busy.late or overloaded
            results.measured("P15", f"{what}: reads meanwhile", len(busy.times), 50, least=True)
            ratio = p99_ms(busy.times) / p99_ms(idle.times)
            bound = 2 * results.allowance() if results.is_full() else 10 * results.allowance()  # few reads: one is 1 %
            results.record("P15", f"{what}: p99 against idle", ratio, 2, passed=ratio <= bound, unit="times")
            assert ratio <= bound
            assert "Reporting reads them now" in told(made.stack)
            assert "no difference" in told(made.stack) or "--back" in words
        await as_the_oracle_has_it(made)


async def as_the_oracle_has_it(made: Scene) -> None:
    """The past was never asked of a service, so only what was said of it is checked."""
    await made.drain()
    found = await everything(made.stack)
    said = [each for name in SOURCES for each in said_by(name, found[name])]
    wrong = [*outboxes_are_dense(found, said, {}), *positions_are_at_the_end(found, 0)]
    assert wrong + await reports_agree(made.stack, said) == []


async def quietly(stack: FaultStack, *words: str) -> None:
    """The command elsewhere: with another hash seed, zone and locale, and at low priority: it has its own machine."""
    (stack.folder / "told").write_text(await asyncio.to_thread(run_command, stack, *words))


def told(stack: FaultStack) -> str:
    return (stack.folder / "told").read_text()


def run_command(stack: FaultStack, *words: str) -> str:
    command = [sys.executable, "-m", "deploy.cli", *words]
    done = subprocess.run(
        command,
        env=stack.environment() | ABROAD,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: os.nice(10),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
