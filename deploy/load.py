"""Loading: what `rows` reads from a folder goes to the services over their API. Sent twice it changes nothing."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from deploy.seed_data import SeedCall, seed_calls

ATTEMPTS = 5
PAUSE_SECONDS = (0.2, 2.0)  # before the next attempt: from, to
TIMEOUT_SECONDS = 10.0
TRANSIENT_STATUSES = (429, 503, 504)  # nothing was done, or nobody knows: the same again is safe

TokenOfService = Callable[[str], str]  # service -> bearer token


@dataclass(frozen=True)
class RefusedRow:
    """A row that a service did not take: the codes it gave, and where in the row's request they point."""

    call: SeedCall
    status: int
    codes: tuple[str, ...]

    def __str__(self) -> str:
        call = self.call
        return f"{call.file} {call.row}: POST {call.service}{call.path} answered {self.status} {', '.join(self.codes)}"


@dataclass
class LoadOutcome:
    """What became of the rows, by file and result: created, unchanged or refused."""

    results: Counter[tuple[str, str]] = field(default_factory=Counter)
    refusals: list[RefusedRow] = field(default_factory=list)

    def total(self, result: str) -> int:
        return sum(number for (_, found), number in self.results.items() if found == result)

    @property
    def created(self) -> int:
        return self.total("created")

    @property
    def unchanged(self) -> int:
        return self.total("unchanged")

    @property
    def refused(self) -> int:
        return self.total("refused")

    @property
    def files(self) -> list[str]:
        return list(dict.fromkeys(file for file, _ in self.results))


class ServiceUnreachable(Exception):
    """A service did not answer, however often it was asked; what was sent until then stands."""


async def load_folder(
    folder: Path,
    services: Mapping[str, str],
    token: TokenOfService,
    *,
    attempts: int = ATTEMPTS,
    report_progress: Callable[[int, int], None] = lambda done, of: None,
) -> LoadOutcome:
    """Send everything in the folder, in order; a refused row stops no other.

    services: base URLs by name. told: called after each request.
    Raises rows.Unreadable before anything is sent, NotReached after `attempts` at the same request.
    """
    outcome, wanted = LoadOutcome(), seed_calls(folder)
    async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False) as client:
        for number, call in enumerate(wanted, 1):
            answer = await send_call(client, services[call.service].rstrip("/") + call.path, call, token, attempts)
            record_answer(outcome, call, answer)
            report_progress(number, len(wanted))
    return outcome


async def send_call(
    client: httpx.AsyncClient, url: str, call: SeedCall, token: TokenOfService, attempts: int
) -> httpx.Response:
    """Every request carries its id, so it is simply sent again when nobody knows what became of it."""
    pause, why = PAUSE_SECONDS[0], ""
    for attempt in range(attempts):
        if attempt:
            await asyncio.sleep(pause)
            pause = min(pause * 2, PAUSE_SECONDS[1])
        try:
            headers = {"Authorization": f"Bearer {token(call.service)}"}
            answer = await client.post(url, json=call.body, headers=headers)
        except httpx.TransportError as problem:
            why = type(problem).__name__
            continue
        if answer.status_code not in TRANSIENT_STATUSES:
            return answer
        why = f"status {answer.status_code}"
    raise ServiceUnreachable(f"{call.service} at {url} did not answer in {attempts} attempts ({why})")


def record_answer(outcome: LoadOutcome, call: SeedCall, answer: httpx.Response) -> None:
    if not answer.is_success:
        outcome.refusals.append(RefusedRow(call, answer.status_code, error_codes_of(answer)))
        outcome.results[call.file, "refused"] += 1
        return
    replayed = answer.headers.get("Idempotency-Replayed") == "true"
    outcome.results[call.file, "unchanged" if replayed else "created"] += 1


def error_codes_of(answer: httpx.Response) -> tuple[str, ...]:
    """The findings of a problem, each with its pointer."""
    try:
        problem = answer.json()
        findings = problem.get("errors") or [problem]
        return tuple(" ".join(filter(None, (found.get("code"), found.get("pointer")))) for found in findings)
    except (ValueError, AttributeError):
        return ("without saying why",)
