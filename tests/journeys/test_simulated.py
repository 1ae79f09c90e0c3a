"""A district and a province live through weeks in simulated time, on both stacks, and every figure is accounted for."""

from collections.abc import AsyncIterator
from datetime import date
from typing import NamedTuple

import pytest
import pytest_asyncio

from shared.base import clock
from simulator.fact_log import FactLog
from simulator.plan import Plan
from simulator.report_check import CheckResult, check_reports
from simulator.run import simulate
from simulator.service_client import ServiceClient
from tests.backends import run_state
from tests.journeys.simulated_stack import SimulatedStack, simulated_stack
from tests.journeys.stack import SERVICES

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]  # weeks, on a busy machine

BEGIN = date(2025, 1, 6)
PLANS = (
    Plan("61.03", BEGIN, days=15, recordings=300),  # Sanggau, days without a line among them
    Plan("75", date(2025, 1, 23), days=7, recordings=240, followed_percent=60),  # Gorontalo, in another time zone
)
KILLED_AFTER = 60  # recordings


class SimulatorKilled(Exception):
    """The simulator dies."""


class SimulatedPlans(NamedTuple):
    stack: SimulatedStack
    client: ServiceClient
    fact_logs: tuple[FactLog, ...]

    async def check(self, number: int, facts: FactLog | None = None) -> CheckResult:
        facts, today = facts or self.fact_logs[number], clock.today(PLANS[number].area)
        some = None if number == 0 else 20  # sub-districts
        return await check_reports(PLANS[number], facts, self.client, today=today, as_known=True, subdistricts=some)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def simulated(kind: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SimulatedPlans]:
    """One plan after the other, as time only goes on; the first try of one of them dies in the middle of a day."""
    try:
        async with simulated_stack(kind, tmp_path_factory.mktemp("simulated"), BEGIN) as (stack, client):
            await kill_in_the_middle(client)
            fact_logs = [await simulate(plan, client) for plan in PLANS]
            yield SimulatedPlans(stack, client, tuple(fact_logs))
    except run_state.BackEndMissing as reason:
        run_state.skip_or_fail(kind, reason)


async def kill_in_the_middle(client: ServiceClient) -> None:
    taken = 0

    def report_progress(day: date, number: int) -> None:
        nonlocal taken
        taken += number
        if taken > KILLED_AFTER:
            raise SimulatorKilled

    with pytest.raises(ExceptionGroup) as died:
        await simulate(PLANS[0], client, report_progress=report_progress)
    assert died.value.subgroup(SimulatorKilled)


class TestSimulated:
    @pytest.mark.parametrize("number", [0, 1], ids=["district", "province"])
    async def test_every_figure_is_the_account_s(self, simulated: SimulatedPlans, number: int) -> None:
        checked = await simulated.check(number)

        assert checked.differences == []
        assert checked.figures > 1_000

    async def test_sent_again_changes_nothing(self, simulated: SimulatedPlans) -> None:
        before = [await simulated.stack.published_count(name) for name in SERVICES[:3]]
        taken, simulated.client.replays = simulated.client.lines, 0

        again = await simulate(PLANS[0], simulated.client)

        assert simulated.client.replays > 300
        assert simulated.client.lines > taken
        assert again.moves == simulated.fact_logs[0].moves
        assert [await simulated.stack.published_count(name) for name in SERVICES[:3]] == before

    async def test_a_rebuild_has_no_difference_and_no_wrong_read(self, simulated: SimulatedPlans) -> None:
        output, wrong = await simulated.stack.rebuild(("75", "61.03"))

        assert "no difference" in output
        assert wrong == []
        assert (await simulated.check(0)).differences == []
        assert (await simulated.check(1)).differences == []

    async def test_one_recording_too_many_is_found(self, simulated: SimulatedPlans) -> None:
        """A check that can find nothing would prove nothing."""
        facts = await simulate(PLANS[0], None)
        facts.add_recordings("61.03.02", PLANS[0].calendar[-1])

        found = {(each.area, each.what) for each in (await simulated.check(0, facts)).differences}

        assert {("61.03", "recorded"), ("61.03", "unrecorded"), ("61.03.02", "unprinted_on_kit")} <= found
        assert not [area for area, _ in found if area not in ("61.03", "61.03.02")]
