"""A district and a province live through weeks in simulated time, on both stacks, and every figure is accounted for."""

from collections.abc import AsyncIterator
from datetime import date
from typing import NamedTuple

import pytest
import pytest_asyncio

from shared.base import clock
from simulator.account import Account
from simulator.check import Checked, check
from simulator.plan import Plan
from simulator.run import simulate
from simulator.wire import Installation
from tests.backends import run
from tests.journeys.simulated import SimulatedStack, living
from tests.journeys.stack import SERVICES

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]  # weeks, on a busy machine

BEGIN = date(2025, 1, 6)
PLANS = (
    Plan("61.03", BEGIN, days=15, recordings=300),  # Sanggau, days without a line among them
    Plan("75", date(2025, 1, 23), days=7, recordings=240, followed_percent=60),  # Gorontalo, in another time zone
)
CUT_AFTER = 60  # recordings


class Cut(Exception):
    """The simulator dies."""


class Lived(NamedTuple):
    stack: SimulatedStack
    installation: Installation
    accounts: tuple[Account, ...]

    async def check(self, number: int, account: Account | None = None) -> Checked:
        account, today = account or self.accounts[number], clock.today(PLANS[number].area)
        some = None if number == 0 else 20  # sub-districts
        return await check(PLANS[number], account, self.installation, today=today, as_known=True, subdistricts=some)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def lived(kind: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Lived]:
    """One plan after the other, as time only goes on; the first try of one of them dies in the middle of a day."""
    try:
        async with living(kind, tmp_path_factory.mktemp("simulated"), BEGIN) as (stack, installation):
            await die_in_the_middle(installation)
            accounts = [await simulate(plan, installation) for plan in PLANS]
            yield Lived(stack, installation, tuple(accounts))
    except run.Missing as reason:
        run.do_without(kind, reason)


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
        output, wrong = await lived.stack.rebuild(("75", "61.03"))

        assert "no difference" in output
        assert wrong == []
        assert (await lived.check(0)).differences == []
        assert (await lived.check(1)).differences == []

    async def test_one_recording_too_many_is_found(self, lived: Lived) -> None:
        """A check that can find nothing would prove nothing."""
        account = await simulate(PLANS[0], None)
        account.captured("61.03.02", PLANS[0].calendar[-1])

        found = {(each.area, each.what) for each in (await lived.check(0, account)).differences}

        assert {("61.03", "recorded"), ("61.03", "unrecorded"), ("61.03.02", "unprinted_on_kit")} <= found
        assert not [area for area, _ in found if area not in ("61.03", "61.03.02")]
