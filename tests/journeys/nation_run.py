"""The nation by choice: 514 offices, every figure compared, a rebuild while somebody reads, once more."""

import argparse
import asyncio
import tempfile
import time
from datetime import date
from pathlib import Path

from rich.progress import Progress

from deploy.console import err, out
from simulator.fact_log import FactLog
from simulator.plan import Plan
from simulator.report_check import CheckResult, check_reports
from simulator.run import simulate
from simulator.service_client import PUBLISHERS, ServiceClient
from tests.backends import run_state
from tests.journeys.simulated_stack import SimulatedStack, simulated_stack

BEGIN = date(2025, 1, 6)
SAMPLE = 500  # sub-districts


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--kind", choices=("sqlite", "kafka"), default="sqlite")
    words.add_argument("--area", default="00")
    words.add_argument("--recordings", type=int, default=2_000_000)
    words.add_argument("--days", type=int, default=7)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--followed", type=int, default=5)
    words.add_argument("--folder", type=Path)
    given = words.parse_args()
    plan = Plan(given.area, BEGIN, given.days, given.recordings, given.seed, given.followed)
    run_state.begin_run()
    try:
        with tempfile.TemporaryDirectory(dir=given.folder) as folder:
            return asyncio.run(run_nation(given.kind, plan, Path(folder)))
    finally:
        run_state.finish_run()


async def run_nation(kind: str, plan: Plan, folder: Path) -> int:
    async with simulated_stack(kind, folder, plan.begin) as (stack, client):
        began = time.perf_counter()
        facts = await simulate_with_progress(plan, client)
        lived = time.perf_counter() - began
        events = sum([await client.published_count(name) for name in PUBLISHERS])
        sent, lines = client.sent, client.lines
        first = await check_with_progress(plan, facts, client)
        began = time.perf_counter()
        output, wrong = await stack.rebuild((plan.area, *plan.districts()[:3]))
        rebuilt = time.perf_counter() - began
        again = await check_with_progress(plan, facts, client)
        size = database_size(stack)
    row = [kind, plan.recordings, sent, lines, events, f"{lived:.0f} s", f"{lines / lived:.0f}/s", first.reports]
    row += [first.figures, len(first.differences), f"{rebuilt:.0f} s", len(wrong), len(again.differences), size]
    out.print("| " + " | ".join(f"{each:,}" if isinstance(each, int) else str(each) for each in row) + " |")
    out.print(output)
    for difference in [*first.differences, *again.differences][:50]:
        err.print(str(difference), markup=False)
    return 1 if first.differences or again.differences or wrong or "no difference" not in output else 0


async def simulate_with_progress(plan: Plan, client: ServiceClient) -> FactLog:
    with Progress(console=out) as progress:
        task = progress.add_task("living", total=plan.recordings)
        return await simulate(
            plan,
            client,
            report_progress=lambda day, number: progress.update(task, advance=number, description=str(day)),
        )


async def check_with_progress(plan: Plan, facts: FactLog, client: ServiceClient) -> CheckResult:
    with Progress(console=out) as progress:
        task = progress.add_task("checking", total=None)
        return await check_reports(
            plan, facts, client, today=plan.calendar[-1], as_known=True, subdistricts=SAMPLE,
            report_progress=lambda done, of: progress.update(task, completed=done, total=of),
        )  # fmt: skip


def database_size(stack: SimulatedStack) -> str:
    """Of the databases, where they are files."""
    if stack.kind != "sqlite":
        return ""
    return f"{sum(file.stat().st_size for file in stack.folder.glob('*.db')) / 1e6:.0f} MB"


if __name__ == "__main__":
    raise SystemExit(main())
