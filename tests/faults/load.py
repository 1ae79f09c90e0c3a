"""Load: offices at work. Captures and their steps, cards, postings, connections: mixed writes at a steady rate.

Every act is dated yesterday, so that it is in nobody's future at any hour; stores and figures begin three days ago.
"""

import asyncio
import random
from collections import deque
from collections.abc import Coroutine
from datetime import date, timedelta
from typing import Any, TypeVar

from shared.base import clock
from tests import factories
from tests.faults.history import Act, History
from tests.oracle.random_world import DISTRICTS, SUBDISTRICTS_OF

T = TypeVar("T")
ACTS_PER_SECOND = 50
CONCURRENT_ACTS = 16
STEPS = ("queued", "sent", "print_ready")
MIX = {"capture": 40, "step": 34, "posting": 12, "print": 8, "connection": 6}
STATES = ("online", "offline", "degraded")
REQUIRED, RECORDED, PRINTED, STOCK = 300_000, 200_000, 150_000, 100_000


class Load:
    """Chooses what is done next from a seed and from what was acknowledged so far."""

    def __init__(self, history: History, seed: int, *, kinds: dict[str, int] | None = None) -> None:
        """kinds: how often each kind of act comes, instead of all in their usual mix."""
        self.history, self.random, self.mix = history, random.Random(seed), kinds or MIX
        self.day = min(clock.today(district) for district in DISTRICTS) - timedelta(days=1)
        self.ready: deque[tuple[str, str, int]] = deque()  # recording, district, steps taken
        self.refused: deque[tuple[Act, str, int]] = deque()  # steps to try again, by the same id
        self.printable: deque[tuple[str, str]] = deque()
        self.sent = 0

    async def begin(self) -> None:
        """Openings, so that every figure is known from the start."""
        opened = self.day - timedelta(days=2)
        for district in DISTRICTS:
            for path, service, metric, number in OPENINGS:
                body = opening(district, metric, number, opened)
                kind = "stock opening" if service == "blanks" else "document"
                await self.insist(Act(kind, service, path, body, opening_key(body, metric)))

    async def insist(self, act: Act) -> None:
        """Again until it is done: a machine that starts four services answers late."""
        for _ in range(20):
            if await self.history.do(act) == "ok":
                return
            await asyncio.sleep(0.5)
        raise AssertionError(f"{act.path} was never done: {self.history.statuses}")

    async def run(self, number: int, *, a_second: float = ACTS_PER_SECOND) -> None:
        """So many acts, at a steady rate whatever the answers take, at most sixteen on their way."""
        loop = asyncio.get_running_loop()
        began, busy = loop.time(), set[asyncio.Task[None]]()
        for count in range(number):
            await asyncio.sleep(max(0.0, began + count / a_second - loop.time()))
            if len(busy) >= CONCURRENT_ACTS:
                await asyncio.wait(busy, return_when=asyncio.FIRST_COMPLETED)
            busy = {task for task in busy if not task.done()} | {asyncio.create_task(self.one())}
        if busy:
            await asyncio.gather(*busy)

    async def during(self, work: Coroutine[Any, Any, T], *, a_second: float = ACTS_PER_SECOND, most: int = 20_000) -> T:
        """Keep on while something else is done, a second at a time."""
        other = asyncio.create_task(work)
        while not other.done() and self.sent < most:
            await self.run(int(a_second), a_second=a_second)
        return await other

    async def one(self) -> None:
        self.sent += 1
        [kind] = self.random.choices(list(self.mix), list(self.mix.values()))
        if (kind == "step" and not self.ready and not self.refused) or (kind == "print" and not self.printable):
            kind = "capture"
        district = self.random.choice(DISTRICTS)
        await getattr(self, kind)(district)

    async def capture(self, district: str) -> None:
        area = self.random.choice(SUBDISTRICTS_OF[district])
        body = factories.recording(district, on=self.day, served_area=area, residence_area=area)
        if await self.history.do(Act("capture", "recording", "/v1/recordings", body, f"captured {body['id']}")) == "ok":
            self.ready.append((body["id"], district, 0))

    async def step(self, _: str) -> None:
        if self.refused:
            act, district, taken = self.refused.popleft()
        else:
            id, district, taken = self.ready.popleft()
            body = {"id": new_id(), "state": STEPS[taken], "occurred_on": str(self.day)}
            act = Act("step", "recording", f"/v1/recordings/{id}/states", body, f"state {id} {STEPS[taken]}")
        outcome = await self.history.do(act)
        id = act.says.split()[1]
        if outcome == "fail":
            self.refused.append((act, district, taken))
        elif outcome == "info":
            return  # nobody knows where it stands
        elif taken + 1 < len(STEPS):
            self.ready.append((id, district, taken + 1))
        else:
            self.printable.append((id, district))

    async def print(self, _: str) -> None:
        """Refused while `blanks` has not heard that the record is print-ready; then it is tried again later."""
        id, district = self.printable.popleft()
        body: dict[str, Any] = {
            "id": new_id(), "store": f"{district}.00", "occurred_on": str(self.day), "lines": [{"recording": id}],
            "misprinted": self.random.choice((0, 0, 0, 1)),
        }  # fmt: skip
        act = Act("print", "blanks", "/v1/print-runs", body, f"run {body['id']}")
        if await self.history.do(act) == "fail":
            self.printable.append((id, district))

    async def posting(self, district: str) -> None:
        other = self.random.choice([f"store:{each}.00" for each in DISTRICTS if each != district])
        source, reason = self.random.choice((("ministry", "received"), (other, "transferred")))
        pieces = self.random.randint(1, 20)
        legs = [leg(source, "out", pieces), leg(f"store:{district}.00", "in", pieces)]
        body = {"id": new_id(), "occurred_on": str(self.day), "legs": legs, "reason": reason}
        await self.history.do(Act("posting", "blanks", "/v1/postings", body, f"posting {body['id']}"))

    async def connection(self, district: str) -> None:
        area, state = self.random.choice(SUBDISTRICTS_OF[district]), self.random.choice(STATES)
        body = factories.connection(area, state, on=self.day)
        await self.history.do(Act("connection", "equipment", "/v1/connections", body, f"seen {body['id']}"))


OPENINGS = (
    ("/v1/required-populations", "recording", "required_population", REQUIRED),
    ("/v1/opening-balances", "recording", "recorded", RECORDED),
    ("/v1/opening-balances", "recording", "printed_first", PRINTED),
    ("/v1/stock-openings", "blanks", "blank_stock", STOCK),
)


def opening(district: str, metric: str, number: int, as_of: date) -> dict[str, Any]:
    lines = [{"area": f"{district}.00", "amount": {"value": number}}]
    basis = {"basis": "running"} if metric == "required_population" else {}
    told = {"source": "the books of the office", "reason": "taken over"}
    return {
        "id": new_id(),
        "district": district,
        "metric": metric,
        "as_of": str(as_of),
        "lines": lines,
        **told,
        **basis,
    }


def opening_key(body: dict[str, Any], metric: str) -> str:
    return f"opening {body['district']} {metric} {body['as_of']}"


def leg(place: str, direction: str, pieces: int) -> dict[str, Any]:
    return {"place": place, "item": "blank", "direction": direction, "quantity": pieces}


def new_id() -> str:
    return str(factories.new_id())
