"""Service client: the services over HTTP, as any client reaches them; sends until the outcome is known."""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

import httpx

from shared.base.clock import ClockFile
from simulator.requests import Request

ATTEMPTS, PAUSE_SECONDS = 60, (0.2, 5.0)  # some minutes: a busy machine is no refusal
TIMEOUT_SECONDS = 300.0  # of an upload
TRANSIENT_STATUSES = (429, 503, 504)  # nothing was done, or nobody knows: the same again is safe
TRANSIENT_CODES = ("busy", "timeout", "outcome_unknown", "database_unavailable")
PUBLISHERS = ("recording", "blanks", "equipment")
CONSUMED_BY = {"recording": ("blanks",), "blanks": ("recording",), "reporting": PUBLISHERS}
NOON = time(5, tzinfo=UTC)  # an hour at which the day is the same in all three zones
POLL_SECONDS = (0.01, 0.3)  # apart: from, to
GIVE_UP_SECONDS = 1_800

TokenSource = Callable[[str], str]  # service -> bearer token
METRIC_SAMPLE = re.compile(
    r"^(rekap_outbox_unstamped_events|rekap_heard_events\{source=\"(\w+)\"\}) ([0-9.e+]+)$", re.M
)


class UnexpectedAnswer(Exception):
    """A service refused what it had to take, or took what it had to refuse; what was sent until then stands."""


class ServiceClient:
    """clock: simulated time, where the services follow one."""

    def __init__(self, services: Mapping[str, str], token: TokenSource, clock: ClockFile | None = None) -> None:
        self.services, self.token, self.clock = services, token, clock
        self.client = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False)
        self.sent, self.lines, self.replays = 0, 0, 0

    async def aclose(self) -> None:
        await self.client.aclose()

    def begin_day(self, day: date) -> None:
        """Simulated time goes on, and never back: a plan sent again is judged later than it was."""
        if self.clock is not None:
            at = datetime.combine(day, NOON)
            if at > self.clock():
                self.clock.move(at)

    # --- telling

    async def send(self, request: Request) -> None:
        """Raises UnexpectedAnswer."""
        pause, why = PAUSE_SECONDS[0], ""
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(pause)
                pause = min(pause * 3, PAUSE_SECONDS[1])
            try:
                answer = await self.post(request)
            except httpx.TransportError as problem:
                why = repr(problem)
                continue
            if answer.status_code in TRANSIENT_STATUSES:
                why = answer.text
                continue
            why = self.find_problem(request, answer)
            if not why:
                return
            if not any(f'"{code}"' in why for code in TRANSIENT_CODES):
                break
        raise UnexpectedAnswer(f"{request.service} {request.path}: {why[:2000]}; sent was {request.body[:500]!r}")

    async def post(self, request: Request) -> httpx.Response:
        media = "application/x-ndjson" if request.lines else "application/json"
        headers = {"Authorization": f"Bearer {self.token(request.service)}", "Content-Type": media}
        self.sent, self.lines = self.sent + 1, self.lines + request.lines
        return await self.client.post(
            self.services[request.service] + request.path, content=request.body, headers=headers
        )

    def find_problem(self, request: Request, answer: httpx.Response) -> str:
        """What is not as it has to be, empty where all is."""
        if not request.lines:
            self.replays += answer.headers.get("Idempotency-Replayed") == "true"
            return "" if answer.status_code in (200, 201) else f"{answer.status_code} {answer.text}"
        if answer.status_code != 200:
            return f"{answer.status_code} {answer.text}"
        *results, last = answer.content.splitlines()
        summary = json.loads(last)["summary"]
        self.replays += summary["unchanged"]
        if (summary["lines"], summary["refused"]) == (request.lines, request.refused):
            return ""
        refused = [line.decode() for line in results if b'"refused"' in line]
        return f"{summary}, {request.refused} had to be refused: {' '.join(refused[:5])}"

    # --- waiting

    async def settle(self) -> None:
        """Until everything said has its number, and everybody has heard it and said what follows from it.

        Raises TimeoutError.
        """
        async with asyncio.timeout(GIVE_UP_SECONDS):
            before, pause = None, POLL_SECONDS[0]
            while (now := await self.event_counts()) is None or now != before:
                before = now
                await asyncio.sleep(pause)
                pause = min(pause * 2, POLL_SECONDS[1])

    async def event_counts(self) -> tuple[int, ...] | None:
        """How many events each publisher has said; none while something is on its way."""
        measured = {name: await self.read_metrics(name) for name in (*PUBLISHERS, "reporting")}
        published = {name: await self.published_count(name) for name in PUBLISHERS}
        if any(measured[name]["unstamped"] for name in PUBLISHERS):
            return None
        if any(
            measured[name][source] != published[source] for name, sources in CONSUMED_BY.items() for source in sources
        ):
            return None
        return tuple(published.values())

    async def read_metrics(self, name: str) -> dict[str, int]:
        answer = await self.get(self.services[name] + "/metrics")
        return {source or "unstamped": int(float(number)) for _, source, number in METRIC_SAMPLE.findall(answer.text)}

    async def published_count(self, name: str) -> int:
        answer = await self.get(self.services[name] + "/v1/events/heads", token=self.token(name))
        return sum(int(part["seq"]) for part in answer.json()["partitions"])

    # --- asking

    async def report(self, area: str, query: Mapping[str, str]) -> dict[str, Any]:  # Any: JSON
        found: dict[str, Any] = (await self.get(f"{self.services['reporting']}/v1/reports/{area}", query)).json()
        return found

    async def get(self, url: str, query: Mapping[str, str] | None = None, *, token: str = "") -> httpx.Response:
        """Raises UnexpectedAnswer where nobody answers, httpx.HTTPStatusError for any other refusal."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        for attempt in range(ATTEMPTS):
            await asyncio.sleep(min(PAUSE_SECONDS[0] * attempt, PAUSE_SECONDS[1]))
            try:
                answer = await self.client.get(url, params=dict(query or {}), headers=headers)
            except httpx.TransportError:
                continue
            if answer.status_code not in TRANSIENT_STATUSES:
                return answer.raise_for_status()
        raise UnexpectedAnswer(f"{url} did not answer")
