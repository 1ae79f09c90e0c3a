"""Run: all offices of a plan, day after day; no day begins before everything of the day before is known everywhere."""

import asyncio
import time
from collections.abc import Callable
from datetime import date

from simulator.fact_log import FactLog
from simulator.office_simulation import OfficeSimulation, simulated_offices
from simulator.plan import Plan
from simulator.service_client import ServiceClient, UnexpectedAnswer

CONCURRENT_OFFICES = 4

ReportProgress = Callable[[date, int], None]  # the day, and how many recordings of it were just taken


async def simulate(
    plan: Plan,
    client: ServiceClient | None,
    *,
    days_a_minute: float = 0,
    report_progress: ReportProgress = lambda day, number: None,
) -> FactLog:
    """-> the facts of what was done. client: none only keeps the facts.

    days_a_minute: 0 is as fast as the services take it. Raises service_client.UnexpectedAnswer.
    """
    facts = FactLog(plan.begin)
    offices = simulated_offices(plan, facts)
    for day in plan.calendar:
        began, facts.today = time.monotonic(), day
        if client is None:
            for office in offices:
                report_progress(day, sum(request.recordings for request in office.simulate_day(day)))
            continue
        client.begin_day(day)
        await simulate_day(day, offices, client, report_progress)
        await client.settle()
        if days_a_minute:
            await asyncio.sleep(max(0.0, 60 / days_a_minute - (time.monotonic() - began)))
    return facts


async def simulate_day(
    day: date, offices: list[OfficeSimulation], client: ServiceClient, report_progress: ReportProgress
) -> None:
    """A few offices at once; what one office says goes out in its order."""
    waiting = iter(offices)

    async def work() -> None:
        for office in waiting:
            for request in office.simulate_day(day):
                await client.send(request)
                report_progress(day, request.recordings)

    try:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(CONCURRENT_OFFICES):
                tasks.create_task(work())
    except* UnexpectedAnswer as several:
        raise several.exceptions[0] from None
