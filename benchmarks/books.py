"""Books: what all districts have said for a while, folded into a database of reporting."""

from collections.abc import Iterator
from datetime import date

from services.reporting.main import service
from services.reporting.projection.apply import apply_batch
from shared.base import areas, clock
from shared.base.ids import new_id
from shared.db import Database
from shared.events.base import Event, Line, Range
from shared.events.recording import (
    CapturedItem,
    OpeningBalanceSet,
    PopulationSet,
    RecordingsCaptured,
    RequiredPopulationSet,
)
from shared.messaging.inbox import Received, Stamp
from tests.backends.schema import prepare

OPENED = date(2026, 1, 31)
AT_ONCE = 25  # a recount of many anchors at once takes more than the time a statement has


async def folded(url: str, districts: tuple[str, ...]) -> None:
    """An opening of four metrics and some recordings in every sub-district of each."""
    await prepare(service, url)
    database = Database(url, durable=False)
    await database.open()
    batch: list[Received] = []
    for district in districts:
        for event in said_by(district):
            batch.append(Received(Stamp("recording", 0, len(batch) + 1, new_id(), clock.now()), event))
    for start in range(0, len(batch), AT_ONCE):
        async with database.write() as session:
            await apply_batch(session, batch[start : start + AT_ONCE])
    await database.close()


def said_by(district: str) -> Iterator[Event]:
    places = areas.subdistricts_of(district)

    def lines(people: int) -> tuple[Line, ...]:
        return tuple(Line(area=each, amount=Range(value=people, low=people, high=people)) for each in places)

    yield PopulationSet(district=district, as_of=OPENED, lines=lines(9000))
    yield RequiredPopulationSet(district=district, as_of=OPENED, basis="running", lines=lines(7000))
    yield OpeningBalanceSet(district=district, as_of=OPENED, metric="recorded", lines=lines(6000))
    yield OpeningBalanceSet(district=district, as_of=OPENED, metric="printed_first", lines=lines(5000))
    items = tuple(CapturedItem(recording=new_id(), area=each, captured_on=date(2026, 3, 2)) for each in places)
    yield RecordingsCaptured(district=district, items=items)
