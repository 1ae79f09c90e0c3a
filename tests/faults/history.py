"""History: what a client asked for and how each attempt ended, written down before it is sent and after it came back.

`ok` (2xx) was done; `fail` (4xx; 503, which promises that nothing was done; never sent) was not; `info` (time-out,
reset, 500, 504) may have been.
"""

import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import httpx

Outcome = str  # ok, fail, info
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
WAIT_SECONDS = 10


class Act(NamedTuple):
    """One thing a client wanted done. `says`: the key under which its event would speak of it."""

    kind: str
    service: str
    path: str
    body: dict[str, Any]  # JSON
    says: str

    @property
    def id(self) -> str:
        return str(self.body["id"])


class History:
    """Acts by id with their outcome; every line also goes to a file, so that it survives the process.

    bearer: gives a token for a service. statuses: how often each answer came; 0 is none at all.
    """

    def __init__(self, file: Path, urls: Callable[[str], str], bearer: Callable[[str], str]) -> None:
        self.file, self.urls, self.bearer = file.open("a", encoding="utf-8"), urls, bearer
        self.client = httpx.AsyncClient(
            timeout=WAIT_SECONDS,
            trust_env=False,
            limits=httpx.Limits(max_connections=200, max_keepalive_connections=50),
        )
        self.acts: dict[str, Act] = {}
        self.outcomes: dict[str, Outcome] = {}
        self.statuses: Counter[int] = Counter()
        self.longest_seconds = 0.0

    async def close(self) -> None:
        await self.client.aclose()
        self.file.close()

    async def do(self, act: Act) -> Outcome:
        """Ask once. The same act again is a retry: what was ok stays ok, what may have been done stays so."""
        self.acts[act.id] = act
        self._write("invoke", act, act.body)
        outcome, status, seconds = await self._ask(act)
        self._write(outcome, act, status)
        self.statuses[status] += 1
        self.longest_seconds = max(self.longest_seconds, seconds)
        self.outcomes[act.id] = merge_outcomes(self.outcomes.get(act.id), outcome)
        return outcome

    async def _ask(self, act: Act) -> tuple[Outcome, int, float]:
        headers = {"Authorization": f"Bearer {self.bearer(act.service)}"}
        began = time.monotonic()
        try:
            answer = await self.client.post(self.urls(act.service) + act.path, json=act.body, headers=headers)
        except NEVER_SENT:
            return "fail", 0, time.monotonic() - began
        except httpx.TransportError:
            return "info", 0, time.monotonic() - began
        return outcome_of(answer.status_code), answer.status_code, time.monotonic() - began

    def _write(self, what: str, act: Act, detail: Any) -> None:  # Any: JSON
        self.file.write(json.dumps([what, act.kind, act.service, act.path, act.id, detail]) + "\n")
        self.file.flush()

    def of(self, outcome: Outcome) -> list[Act]:
        return [self.acts[id] for id, found in self.outcomes.items() if found == outcome]

    @property
    def errors(self) -> int:
        """Answers that no client should see of a healthy service: 5xx, and none at all."""
        return sum(number for status, number in self.statuses.items() if status == 0 or status >= 500)


def outcome_of(status: int) -> Outcome:
    if 200 <= status < 300:
        return "ok"
    return "fail" if 400 <= status < 500 or status == 503 else "info"


def merge_outcomes(before: Outcome | None, now: Outcome) -> Outcome:
    """Of two attempts with the same id: done once is done; a refusal says nothing of an attempt nobody heard of."""
    for word in ("ok", "info"):
        if word in (before, now):
            return word
    return now
