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
from shared.security.dev_issuer import DevIssuer
from simulator.plan import Plan, usual_volume
from simulator.report_check import CheckResult, check_reports
from simulator.run import simulate
from simulator.service_client import ServiceClient, TokenSource

SCOPES = ("events:read", "blanks:approve")
TOKEN_SECONDS = 600
DIFFERENCES_SHOWN = 50
SUBDISTRICT_SAMPLE = 500  # sub-districts of more than a province


class SimulationRequest(NamedTuple):
    """sends: else only the facts are kept. checks: hold every figure against the reports."""

    plan: Plan
    days_a_minute: float
    sends: bool
    checks: bool


class InvalidPlan(Exception):
    """This cannot be simulated; the text says why."""


def plan_of(
    area: str, begin: str, days: int, recordings: int, seed: int, followed_percent: int, *, is_simulated: bool
) -> Plan:
    """Without a first day simulated time goes on from where it stands; else the last day is yesterday, which is over
    in all three zones. Raises NoPlan.
    """
    if not areas.exists(area) or areas.is_unassigned(area) or areas.level_of(area) == "subdistrict":
        raise InvalidPlan("the area is a district, a province, or 00")
    today = clock.today(areas.NATION)
    try:
        first = date.fromisoformat(begin) if begin else today if is_simulated else today - timedelta(days=days)
    except ValueError:
        raise InvalidPlan("the first day is written like 2025-01-06") from None
    if not is_simulated and first + timedelta(days=days) > today:
        raise InvalidPlan("what has not happened yet is told in simulated time only: REKAP_CLOCK_FILE")
    plan = Plan(area, first, days, recordings or usual_volume(area, days), seed, followed_percent)
    if not plan.districts():
        raise InvalidPlan("the area was not there yet on the first day")
    return plan


class SimulatorToken:
    """A token of this machine's issuer for each service, renewed before it ends by the clock that judges it."""

    def __init__(self, issuer: DevIssuer) -> None:
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


async def run_simulation(
    asked: SimulationRequest, services: Mapping[str, str], token: TokenSource, clock_file: Path | None
) -> bool:
    """-> whether nothing differs. Raises UnexpectedAnswer."""
    simulated = clock.ClockFile(clock_file) if clock_file else None
    client, began, plan = ServiceClient(services, token, simulated), time.perf_counter(), asked.plan
    async with aclosing(client):
        with progress_bar("recordings") as progress:
            task = progress.add_task(plan.area, total=plan.recordings)
            facts = await simulate(
                plan,
                client if asked.sends else None,
                days_a_minute=asked.days_a_minute,
                report_progress=lambda day, number: progress.update(task, advance=number, description=str(day)),
            )
        took = time.perf_counter() - began
        summary = f"{client.sent} requests with {client.lines} lines, {client.replays} known already"
        out.print(f"{plan.area}, {plan.begin} to {plan.calendar[-1]}: {plan.recordings} recordings")
        out.print(f"{summary}, in {took:.1f} s")
        if not asked.checks:
            return True
        await client.settle()
        with progress_bar("reports") as progress:
            task = progress.add_task("checking", total=None)
            checked = await check_reports(
                plan, facts, client, today=clock.today(plan.area), as_known=simulated is not None,
                subdistricts=SUBDISTRICT_SAMPLE if plan.area == areas.NATION else None,
                report_progress=lambda done, of: progress.update(task, completed=done, total=of),
            )  # fmt: skip
    show_result(checked)
    return not checked.differences


def progress_bar(what: str) -> Progress:
    day, count, time_ = TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn()
    return Progress(day, BarColumn(), count, TextColumn(what), time_, console=out, transient=True)


def show_result(checked: CheckResult) -> None:
    number = len(checked.differences)
    held = f"{checked.figures} figures in {checked.reports} reports compared with the fact log"
    out.print(f"{held}: {number} differences")
    for difference in checked.differences[:DIFFERENCES_SHOWN]:
        err.print(str(difference), markup=False, style="red")
    if number > DIFFERENCES_SHOWN:
        err.print(f"and {number - DIFFERENCES_SHOWN} more", style="red")
