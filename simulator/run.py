"""Run: all offices of a plan, day after day; no day begins before everything of the day before is known everywhere."""

import asyncio
import time
from collections.abc import Callable
from datetime import date

from simulator.account import Account
from simulator.living import Living, offices
from simulator.plan import Plan
from simulator.wire import Installation, NotTaken

OFFICES_AT_ONCE = 4

Told = Callable[[date, int], None]  # the day, and how many recordings of it were just taken


async def simulate(
    plan: Plan, installation: Installation | None, *, days_a_minute: float = 0, told: Told = lambda day, number: None
) -> Account:
    """-> the account of what was done. installation: none only keeps the account.

    days_a_minute: 0 is as fast as the services take it. Raises wire.NotTaken.
    """
    account = Account(plan.begin)
    living = offices(plan, account)
    for day in plan.calendar:
        began, account.today = time.monotonic(), day
        if installation is None:
            for office in living:
                told(day, sum(request.recordings for request in office.live(day)))
            continue
        installation.begin_day(day)
        await one_day(day, living, installation, told)
        await installation.settle()
        if days_a_minute:
            await asyncio.sleep(max(0.0, 60 / days_a_minute - (time.monotonic() - began)))
    return account


async def one_day(day: date, living: list[Living], installation: Installation, told: Told) -> None:
    """A few offices at once; what one office says goes out in its order."""
    waiting = iter(living)

    async def work() -> None:
        for office in waiting:
            for request in office.live(day):
                await installation.send(request)
                told(day, request.recordings)

    try:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(OFFICES_AT_ONCE):
                tasks.create_task(work())
    except* NotTaken as several:
        raise several.exceptions[0] from None
