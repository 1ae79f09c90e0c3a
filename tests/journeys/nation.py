"""The nation by choice: 514 offices, every figure against the account, a rebuild while somebody reads, once more.

`python -m tests.journeys.nation --kind kafka --recordings 2000000`; exit 1 where anything differs. What it measured it
prints as a row of the table in docs/simulator.md.
"""

import argparse
import asyncio
import tempfile
import time
from datetime import date
from pathlib import Path

from rich.progress import Progress

from deploy.console import err, out
from simulator.account import Account
from simulator.check import Checked, check
from simulator.plan import Plan
from simulator.run import simulate
from simulator.wire import PUBLISHERS, Installation
from tests.backends import run
from tests.journeys.simulated import SimulatedStack, living

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
    run.begin()
    try:
        with tempfile.TemporaryDirectory(dir=given.folder) as folder:
            return asyncio.run(live(given.kind, plan, Path(folder)))
    finally:
        run.finish()


async def live(kind: str, plan: Plan, folder: Path) -> int:
    async with living(kind, folder, plan.begin) as (stack, installation):
        began = time.perf_counter()
        account = await told_of(plan, installation)
        lived = time.perf_counter() - began
        events = sum([await installation.said(name) for name in PUBLISHERS])
        sent, lines = installation.sent, installation.lines
        first = await checked(plan, account, installation)
        began = time.perf_counter()
        output, wrong = await stack.rebuild((plan.area, *plan.districts()[:3]))
        rebuilt = time.perf_counter() - began
        again = await checked(plan, account, installation)
        size = size_of(stack)
    row = [kind, plan.recordings, sent, lines, events, f"{lived:.0f} s", f"{lines / lived:.0f}/s", first.reports]
    row += [first.figures, len(first.differences), f"{rebuilt:.0f} s", len(wrong), len(again.differences), size]
    out.print("| " + " | ".join(f"{each:,}" if isinstance(each, int) else str(each) for each in row) + " |")
    out.print(output)
    for difference in [*first.differences, *again.differences][:50]:
        err.print(str(difference), markup=False)
    return 1 if first.differences or again.differences or wrong or "no difference" not in output else 0


async def told_of(plan: Plan, installation: Installation) -> Account:
    with Progress(console=out) as progress:
        task = progress.add_task("living", total=plan.recordings)
        return await simulate(
            plan, installation, told=lambda day, number: progress.update(task, advance=number, description=str(day))
        )


async def checked(plan: Plan, account: Account, installation: Installation) -> Checked:
    with Progress(console=out) as progress:
        task = progress.add_task("checking", total=None)
        return await check(
            plan, account, installation, today=plan.calendar[-1], as_known=True, subdistricts=SAMPLE,
            told=lambda done, of: progress.update(task, completed=done, total=of),
        )  # fmt: skip


def size_of(stack: SimulatedStack) -> str:
    """Of the databases, where they are files."""
    if stack.kind != "sqlite":
        return ""
    return f"{sum(file.stat().st_size for file in stack.folder.glob('*.db')) / 1e6:.0f} MB"


if __name__ == "__main__":
    raise SystemExit(main())
