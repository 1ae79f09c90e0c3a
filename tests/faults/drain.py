"""Drain: until everything said is numbered, sent and heard by everybody who listens; and all of it once more."""

import asyncio
import re
import time

from tests.faults.databases import in_transaction, send_again, standing
from tests.faults.results import allowance
from tests.faults.stack import LISTENERS, SOURCES, FaultStack

SENT_AGAIN_SECONDS = 15


class NotDrained(AssertionError):
    """Something said was not heard in time."""


async def drain(stack: FaultStack, within_seconds: float = 60) -> float:
    """-> how long it took. What is heard may make recording speak again, so nothing must be left twice in a row."""
    began = time.monotonic()
    quiet = 0
    while quiet < 2:
        left = await behind(stack)
        quiet = 0 if left else quiet + 1
        if time.monotonic() - began > within_seconds * allowance():
            at = await in_transaction(stack)
            raise NotDrained(f"not within {within_seconds:g} s: {left}; in a transaction: {at}")
        await asyncio.sleep(0.1)
    return time.monotonic() - began


async def behind(stack: FaultStack) -> dict[str, int]:
    """What is not sent yet, and what is not heard, by whom."""
    found = await asyncio.gather(*(standing(url) for url in stack.databases.values()))
    standings = dict(zip(stack.databases, found, strict=True))
    left = {f"{name} unsent": standings[name].unsent for name in SOURCES}
    for name, sources in LISTENERS.items():
        for source in sources:
            heard = standings[name].heard
            lag = sum(n - heard.get((source, p), 0) for p, n in standings[source].ends.items())
            left[f"{name} behind {source}"] = lag
    return {what: number for what, number in left.items() if number}


async def send_all_again(stack: FaultStack) -> None:
    """Everything once more to everybody, until reporting has dropped it all."""
    if stack.kind != "kafka":  # a feed gives what is asked for: only a consumer can ask again, by starting
        await asyncio.gather(*(again(stack, name) for name in LISTENERS))
        await drain(stack)
        return
    said = sum([(await standing(stack.databases[name])).said for name in SOURCES])
    before, end, next_at = await duplicates(stack), time.monotonic() + 60 * allowance(), 0.0
    while (came := await duplicates(stack) - before) < said:
        if time.monotonic() > end:
            raise NotDrained(f"{came} of {said} events came again")
        if time.monotonic() > next_at:
            # and once more after a while: a consumer that connected only now may have begun in the midst of it
            next_at = time.monotonic() + SENT_AGAIN_SECONDS
            for name in SOURCES:
                await send_again(stack.databases[name])
        await asyncio.sleep(0.2)
    await drain(stack)


async def again(stack: FaultStack, name: str) -> None:
    await stack.kill(name)
    await stack.start(name)


async def duplicates(stack: FaultStack) -> int:
    return await consumed(stack, "reporting", "duplicate")


async def consumed(stack: FaultStack, service: str, result: str) -> int:
    """How many events a service's process counted with a result since it started."""
    metrics = await stack.metrics(service)
    found = re.findall(rf'^rekap_consumed_events_total{{.*result="{result}".*}} (\S+)$', metrics, re.MULTILINE)
    return int(sum(float(value) for value in found))
