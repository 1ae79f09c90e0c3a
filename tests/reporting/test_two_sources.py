"""Two sources that speak of one level at once: the latest levels are what is counted, whoever commits first."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Literal, NamedTuple

import pytest

from services.reporting.levels.level_queries import cached_levels, levels_on_days
from services.reporting.levels.row_filter import RowFilter, around_area
from services.reporting.levels.snapshot import EVER
from services.reporting.main import service
from services.reporting.projection.apply import apply_batch
from services.reporting.projection.bulk.aggregate import BulkAggregate
from shared.base import ids
from shared.db import Database, Session
from shared.events.base import Event, Line, Range
from shared.events.blanks.printing import CardsPrinted, PrintLine
from shared.events.recording.population import OpeningBalanceSet
from shared.messaging import outbox
from shared.messaging.transports import RecordBatch
from shared.service import Service
from tests.oracle.random_world import PublishedEvent
from tests.reporting.projection.memory_source import EPOCH
from tests.reporting.projection.world_events import encode_event, to_received

SANGGAU, PART = "61.03", "61.03.01"
OPENED_ON, BEFORE, AFTER = date(2018, 6, 30), date(2018, 6, 1), date(2018, 7, 1)
AT = datetime(2018, 11, 30, 5, 0, tzinfo=UTC)
SOON_SECONDS = 0.2
OpenDatabase = Callable[[Service], Awaitable[Database]]
Fold = Callable[[Session, PublishedEvent], Awaitable[None]]


def said(source: str, seq: int, event: Event) -> PublishedEvent:
    return PublishedEvent(source, outbox.partition_of(SANGGAU), seq, ids.new_id(), AT, event)


def opening(metric: Literal["recorded", "printed_first"] = "printed_first") -> PublishedEvent:
    amount = Range(value=1000, low=1000, high=1000)
    lines = (Line(area=PART, amount=amount),)
    return said("recording", 1, OpeningBalanceSet(district=SANGGAU, as_of=OPENED_ON, metric=metric, lines=lines))


def print_run(seq: int, on: date, cards: int) -> PublishedEvent:
    """Without the persons: only reporting counts these cards as first ones."""
    lines = (PrintLine(area=PART, cards=cards, reason="first_card", first=True),)
    run = CardsPrinted(district=SANGGAU, run=ids.new_id(), occurred_on=on, store=f"{SANGGAU}.00", lines=lines)
    return said("blanks", seq, run)


async def one_by_one(session: Session, event: PublishedEvent) -> None:
    await apply_batch(session, [to_received(event)])


async def gathered(session: Session, event: PublishedEvent) -> None:
    """As a backlog comes."""
    gathering = BulkAggregate(event.service)
    assert gathering.take(RecordBatch(event.partition, [0], [encode_event(event)]), event.seq - 1, str(EPOCH))
    await gathering.store(session)


class Case(NamedTuple):
    printed_on: date
    counted: int  # at the end, with 1,000 from the opening


CASES = {"covered": Case(BEFORE, 1000), "after it": Case(AFTER, 1200)}


@pytest.mark.parametrize("way", [one_by_one, gathered])
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("is_begun", [False, True], ids=["first of its place", "one of many"])
@pytest.mark.parametrize("order", ["opening first", "print run first"])
async def test_the_latest_level_is_what_is_counted(
    open_database: OpenDatabase, way: Fold, case: str, order: str, *, is_begun: bool
) -> None:
    database = await open_database(service)
    if is_begun:
        await stored(database, way, print_run(1, BEFORE, 50))
    first, second = opening(), print_run(2 if is_begun else 1, CASES[case].printed_on, 200)
    if order == "print run first":
        first, second = second, first

    async with database.write() as session:
        await way(session, first)
        meanwhile = asyncio.create_task(stored(database, way, second))
        await asyncio.wait([meanwhile], timeout=SOON_SECONDS)
    await meanwhile

    assert await both_ways(database) == [(CASES[case].counted, CASES[case].counted)] * 2


async def stored(database: Database, way: Fold, event: PublishedEvent) -> None:
    async with database.write() as session:
        await way(session, event)


async def both_ways(database: Database) -> list[tuple[object, object]]:
    """Of the district and of its sub-district: first cards as kept, and as counted."""
    found: list[tuple[object, object]] = []
    scope = RowFilter(around_area(SANGGAU))
    async with database.read() as session:
        for by, place in (("district", SANGGAU), ("subdistrict", PART)):
            kept = (await cached_levels(session, scope, by))[place, "printed_first"]  # type: ignore[arg-type]  # one of the two
            counted = (await levels_on_days(session, scope, by, [EVER]))[EVER][place, "printed_first"]  # type: ignore[arg-type]
            found.append((kept.amount and kept.amount.value, counted.amount and counted.amount.value))
    return found


@pytest.mark.parametrize("back_end", ["postgres"], indirect=True)  # on SQLite one writes at a time
async def test_sources_that_speak_of_other_levels_do_not_wait(open_database: OpenDatabase) -> None:
    database = await open_database(service)
    async with database.write() as session:
        await one_by_one(session, opening("recorded"))
        await asyncio.wait_for(stored(database, one_by_one, print_run(1, BEFORE, 200)), 2)
