"""A district and a province live through weeks in simulated time, on both stacks, and every figure is accounted for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
import pytest_asyncio

from shared import clock
from simulator.account import Account
from simulator.check import Checked, check
from simulator.plan import Plan
from simulator.run import simulate
from simulator.wire import NOON, Installation
from tests.backends import run
from tests.journeys.stack import SERVICES, Stack

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]  # weeks, on a busy machine

BEGIN = date(2025, 1, 6)
PLANS = (
    Plan("61.03", BEGIN, days=15, recordings=300),  # Sanggau, days without a line among them
    Plan("75", date(2025, 1, 23), days=7, recordings=240, followed_percent=60),  # Gorontalo, in another time zone
)
CUT_AFTER = 60  # recordings


class Cut(Exception):
    """The simulator dies."""


class SimulatedStack(Stack):
    """A stack whose services follow a clock file."""

    def __init__(self, kind: str, folder: Path) -> None:
        super().__init__(kind, folder)
        self.clock = clock.ClockFile(folder / "clock")

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "REKAP_CLOCK_FILE": str(self.clock.file)}


class Lived(NamedTuple):
    stack: SimulatedStack
    installation: Installation
    accounts: tuple[Account, ...]

    async def check(self, number: int, account: Account | None = None) -> Checked:
        plan = PLANS[number]
        today = plan.calendar[-1]
        return await check(plan, account or self.accounts[number], self.installation, today=today, as_known=True)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def lived(kind: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Lived]:
    """One plan after the other, as time only goes on; the first try of one of them dies in the middle of a day."""
    stack = SimulatedStack(kind, tmp_path_factory.mktemp("simulated"))
    stack.clock.move(datetime.combine(BEGIN, NOON))
    with clock.running(stack.clock):
        try:
            await stack.open()
            services = {name: stack.url(name) for name in SERVICES}
            async with aclosing(Installation(services, stack.token, stack.clock)) as installation:
                await die_in_the_middle(installation)
                accounts = [await simulate(plan, installation) for plan in PLANS]
                yield Lived(stack, installation, tuple(accounts))
        except run.Missing as reason:
            run.do_without(kind, reason)
        finally:
            await stack.close()


async def die_in_the_middle(installation: Installation) -> None:
    taken = 0

    def told(day: date, number: int) -> None:
        nonlocal taken
        taken += number
        if taken > CUT_AFTER:
            raise Cut

    with pytest.raises(ExceptionGroup) as died:
        await simulate(PLANS[0], installation, told=told)
    assert died.value.subgroup(Cut)


class TestSimulated:
    @pytest.mark.parametrize("number", [0, 1], ids=["district", "province"])
    async def test_every_figure_is_the_account_s(self, lived: Lived, number: int) -> None:
        checked = await lived.check(number)

        assert checked.differences == []
        assert checked.figures > 1_000

    async def test_sent_again_changes_nothing(self, lived: Lived) -> None:
        before = [await lived.stack.published(name) for name in SERVICES[:3]]
        taken, lived.installation.replays = lived.installation.lines, 0

        again = await simulate(PLANS[0], lived.installation)

        assert lived.installation.replays > 300
        assert lived.installation.lines > taken
        assert again.moves == lived.accounts[0].moves
        assert [await lived.stack.published(name) for name in SERVICES[:3]] == before

    async def test_a_rebuild_has_no_difference_and_no_wrong_read(self, lived: Lived) -> None:
        rebuilt = asyncio.Event()
        reading = asyncio.create_task(read_on(lived, rebuilt))
        told = await lived.stack.rekap("rebuild")
        rebuilt.set()

        await lived.stack.kill("reporting")
        await lived.stack.start("reporting")

        assert "no difference" in told
        assert await reading == []
        assert (await lived.check(0)).differences == []
        assert (await lived.check(1)).differences == []

    async def test_one_recording_too_many_is_found(self, lived: Lived) -> None:
        """A check that can find nothing would prove nothing."""
        account = await simulate(PLANS[0], None)
        account.captured("61.03.02", PLANS[0].calendar[-1])

        found = {(each.area, each.what) for each in (await lived.check(0, account)).differences}

        assert {("61.03", "recorded"), ("61.03", "unrecorded"), ("61.03.02", "unprinted_on_kit")} <= found
        assert not [area for area, _ in found if area not in ("61.03", "61.03.02")]


async def read_on(lived: Lived, rebuilt: asyncio.Event) -> list[int]:
    """What was read of one figure while the books were rebuilt, if it was not what it is."""
    first = (await lived.stack.report("75"))["figures"]["recorded"]["value"]
    wrong: list[int] = []
    while not rebuilt.is_set():
        now = (await lived.stack.report("75"))["figures"]["recorded"]["value"]
        wrong += [now] if now != first else []
    return wrong
