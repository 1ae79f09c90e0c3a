"""Drain: until everything said is numbered, sent and heard by everybody who listens; and all of it once more."""

import asyncio
import re
import time

from tests.faults.database_state import open_transactions, position_of, publish_again
from tests.faults.results import time_factor
from tests.faults.stack import PUBLISHERS, SOURCES_OF_CONSUMER, FaultStack

REDELIVERY_SECONDS = 15


class NotDrained(AssertionError):
    """Something said was not heard in time."""


async def drain(stack: FaultStack, within_seconds: float = 60) -> float:
    """-> how long it took. What is heard may make recording speak again, so nothing must be left twice in a row."""
    began = time.monotonic()
    quiet = 0
    while quiet < 2:
        left = await undelivered(stack)
        quiet = 0 if left else quiet + 1
        if time.monotonic() - began > within_seconds * time_factor():
            at = await open_transactions(stack)
            raise NotDrained(f"not within {within_seconds:g} s: {left}; in a transaction: {at}")
        await asyncio.sleep(0.1)
    return time.monotonic() - began


async def undelivered(stack: FaultStack) -> dict[str, int]:
    """What is not sent yet, and what is not heard, by whom."""
    found = await asyncio.gather(*(position_of(url) for url in stack.databases.values()))
    standings = dict(zip(stack.databases, found, strict=True))
    left = {f"{name} unsent": standings[name].unsent for name in PUBLISHERS}
    for name, sources in SOURCES_OF_CONSUMER.items():
        for source in sources:
            heard = standings[name].heard
            lag = sum(n - heard.get((source, p), 0) for p, n in standings[source].ends.items())
            left[f"{name} behind {source}"] = lag
    return {what: number for what, number in left.items() if number}


async def redeliver_all(stack: FaultStack) -> None:
    """Everything once more to everybody, until reporting has dropped it all."""
    if stack.kind != "kafka":  # a feed gives what is asked for: only a consumer can ask again, by starting
        await asyncio.gather(*(restart(stack, name) for name in SOURCES_OF_CONSUMER))
        await drain(stack)
        return
    said = sum([(await position_of(stack.databases[name])).said for name in PUBLISHERS])
    before, end, next_at = await duplicate_count(stack), time.monotonic() + 60 * time_factor(), 0.0
    while (came := await duplicate_count(stack) - before) < said:
        if time.monotonic() > end:
            raise NotDrained(f"{came} of {said} events came again")
        if time.monotonic() > next_at:
            # and once more after a while: a consumer that connected only now may have begun in the midst of it
            next_at = time.monotonic() + REDELIVERY_SECONDS
            for name in PUBLISHERS:
                await publish_again(stack.databases[name])
        await asyncio.sleep(0.2)
    await drain(stack)


async def restart(stack: FaultStack, name: str) -> None:
    await stack.kill(name)
    await stack.start(name)


async def duplicate_count(stack: FaultStack) -> int:
    return await consumed_count(stack, "reporting", "duplicate")


async def consumed_count(stack: FaultStack, service: str, result: str) -> int:
    """How many events a service's process counted with a result since it started."""
    metrics = await stack.metrics(service)
    found = re.findall(rf'^rekap_consumed_events_total{{.*result="{result}".*}} (\S+)$', metrics, re.MULTILINE)
    return int(sum(float(value) for value in found))
