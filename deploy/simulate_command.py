"""Simulating at the terminal: against which installation, how far it is, and what the check found."""

import time
from collections.abc import Mapping
from contextlib import aclosing
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.console import err, out
from shared.base import areas, clock
from shared.security.dev_issuer import Issuer
from simulator.check import Checked, check
from simulator.plan import Plan, usual
from simulator.run import simulate
from simulator.wire import Installation, Token

SCOPES = ("events:read", "blanks:approve")
TOKEN_SECONDS = 600
SHOWN = 50
SAMPLE = 500  # sub-districts of more than a province


class Asked(NamedTuple):
    """sends: else only the account is kept. checks: hold every figure against the reports."""

    plan: Plan
    days_a_minute: float
    sends: bool
    checks: bool


class NoPlan(Exception):
    """This cannot be simulated; the text says why."""


def plan_of(
    area: str, begin: str, days: int, recordings: int, seed: int, followed_percent: int, *, is_simulated: bool
) -> Plan:
    """Without a first day simulated time goes on from where it stands; else the last day is yesterday, which is over
    in all three zones. Raises NoPlan.
    """
    if not areas.exists(area) or areas.is_unassigned(area) or areas.level_of(area) == "subdistrict":
        raise NoPlan("the area is a district, a province, or 00")
    today = clock.today(areas.NATION)
    try:
        first = date.fromisoformat(begin) if begin else today if is_simulated else today - timedelta(days=days)
    except ValueError:
        raise NoPlan("the first day is written like 2025-01-06") from None
    if not is_simulated and first + timedelta(days=days) > today:
        raise NoPlan("what has not happened yet is told in simulated time only: REKAP_CLOCK_FILE")
    plan = Plan(area, first, days, recordings or usual(area, days), seed, followed_percent)
    if not plan.districts():
        raise NoPlan("the area was not there yet on the first day")
    return plan


class OwnToken:
    """A token of this machine's issuer for each service, renewed before it ends by the clock that judges it."""

    def __init__(self, issuer: Issuer) -> None:
        self.issuer = issuer
        self.tokens: dict[str, tuple[float, str]] = {}

    def __call__(self, service: str) -> str:
        now = clock.now().timestamp()
        issued_at, token = self.tokens.get(service, (0.0, ""))
        if not issued_at <= now < issued_at + TOKEN_SECONDS:
            scopes = [f"{service}:read", f"{service}:write", *SCOPES]
            token = self.issuer.issue(scopes=scopes, areas=["*"], client="simulator", audience=[f"rekap-{service}"])
            self.tokens[service] = (now, token)
        return token


async def run(asked: Asked, services: Mapping[str, str], token: Token, clock_file: Path | None) -> bool:
    """-> whether nothing differs. Raises NotTaken."""
    simulated = clock.ClockFile(clock_file) if clock_file else None
    installation, began, plan = Installation(services, token, simulated), time.perf_counter(), asked.plan
    async with aclosing(installation):
        with bar("recordings") as progress:
            task = progress.add_task(plan.area, total=plan.recordings)
            account = await simulate(
                plan,
                installation if asked.sends else None,
                days_a_minute=asked.days_a_minute,
                told=lambda day, number: progress.update(task, advance=number, description=str(day)),
            )
        took = time.perf_counter() - began
        summary = f"{installation.sent} requests with {installation.lines} lines, {installation.replays} known already"
        out.print(f"{plan.area}, {plan.begin} to {plan.calendar[-1]}: {plan.recordings} recordings")
        out.print(f"{summary}, in {took:.1f} s")
        if not asked.checks:
            return True
        await installation.settle()
        with bar("reports") as progress:
            task = progress.add_task("checking", total=None)
            checked = await check(
                plan, account, installation, today=clock.today(plan.area), as_known=simulated is not None,
                subdistricts=SAMPLE if plan.area == areas.NATION else None,
                told=lambda done, of: progress.update(task, completed=done, total=of),
            )  # fmt: skip
    show(checked)
    return not checked.differences


def bar(what: str) -> Progress:
    day, count, time_ = TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn()
    return Progress(day, BarColumn(), count, TextColumn(what), time_, console=out, transient=True)


def show(checked: Checked) -> None:
    number = len(checked.differences)
    held = f"{checked.figures} figures in {checked.reports} reports held against the account"
    out.print(f"{held}: {number} differences")
    for difference in checked.differences[:SHOWN]:
        err.print(str(difference), markup=False, style="red")
    if number > SHOWN:
        err.print(f"and {number - SHOWN} more", style="red")
