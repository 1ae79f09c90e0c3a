"""A backlog may bring what all offices of the nation start from in one batch; the levels stand all the same."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Literal

from sqlalchemy import func, select

from services.reporting.main import service
from services.reporting.models import Current, core
from services.reporting.projection.apply import apply_batch
from shared.base import areas, ids
from shared.db import Database
from shared.events.base import Line, Range
from shared.events.recording.population import OpeningBalanceSet
from shared.messaging.inbox import EventOrigin, ReceivedEvent
from shared.service import Service

Metric = Literal["recorded", "printed_first"]
METRICS: tuple[Metric, ...] = ("recorded", "printed_first")
PEOPLE = 6000


def opening(district: str, metric: Metric) -> OpeningBalanceSet:
    amount = Range(value=PEOPLE, low=PEOPLE, high=PEOPLE)
    lines = tuple(Line(area=area, amount=amount) for area in areas.subdistricts_of(district))
    return OpeningBalanceSet(district=district, as_of=date(2025, 12, 31), metric=metric, lines=lines)


class TestOpeningsOfTheNation:
    async def test_in_one_batch(self, open_database: Callable[[Service], Awaitable[Database]]) -> None:
        database = await open_database(service)
        at = datetime(2026, 1, 5, tzinfo=UTC)
        events = [opening(district, metric) for metric in METRICS for district in areas.districts_in(areas.NATION)]
        stamps = (EventOrigin("recording", 0, seq, ids.new_id(), at) for seq in range(1, len(events) + 1))

        async with database.write() as session:
            await apply_batch(
                session, [ReceivedEvent(stamp, event) for stamp, event in zip(stamps, events, strict=True)]
            )

        c = core(Current).c
        async with database.read() as session:
            counted = select(func.count(), func.sum(c.start_value)).where(c.is_district, c.metric == "recorded")
            found = (await (await session.connection()).execute(counted)).one()
        sub_districts = sum(len(areas.subdistricts_of(district)) for district in areas.districts_in(areas.NATION))
        assert tuple(found) == (514, PEOPLE * sub_districts)
