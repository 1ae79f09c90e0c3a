"""Filled read models: events of all districts, folded into a database of reporting."""

from collections.abc import Iterator
from datetime import date

from services.reporting.main import service
from services.reporting.projection.apply import apply_batch
from shared.base import areas, clock
from shared.base.ids import new_id
from shared.db import Database
from shared.events.base import Event, Line, Range
from shared.events.recording.population import OpeningBalanceSet, PopulationSet, RequiredPopulationSet
from shared.events.recording.recordings import CapturedItem, RecordingsCaptured
from shared.messaging.inbox import EventOrigin, ReceivedEvent
from tests.backends.database_templates import prepare_database

OPENING_DAY = date(2026, 1, 31)
EVENTS_PER_TRANSACTION = 25  # a recount of many anchors at once takes more than the time a statement has


async def fill_read_models(url: str, districts: tuple[str, ...]) -> None:
    """An opening of four metrics and some recordings in every sub-district of each."""
    await prepare_database(service, url)
    database = Database(url, durable=False)
    await database.open()
    batch: list[ReceivedEvent] = []
    for district in districts:
        for event in events_of(district):
            batch.append(ReceivedEvent(EventOrigin("recording", 0, len(batch) + 1, new_id(), clock.now()), event))
    for start in range(0, len(batch), EVENTS_PER_TRANSACTION):
        async with database.write() as session:
            await apply_batch(session, batch[start : start + EVENTS_PER_TRANSACTION])
    await database.close()


def events_of(district: str) -> Iterator[Event]:
    places = areas.subdistricts_of(district)

    def lines(people: int) -> tuple[Line, ...]:
        return tuple(Line(area=each, amount=Range(value=people, low=people, high=people)) for each in places)

    yield PopulationSet(district=district, as_of=OPENING_DAY, lines=lines(9000))
    yield RequiredPopulationSet(district=district, as_of=OPENING_DAY, basis="running", lines=lines(7000))
    yield OpeningBalanceSet(district=district, as_of=OPENING_DAY, metric="recorded", lines=lines(6000))
    yield OpeningBalanceSet(district=district, as_of=OPENING_DAY, metric="printed_first", lines=lines(5000))
    items = tuple(CapturedItem(recording=new_id(), area=each, captured_on=date(2026, 3, 2)) for each in places)
    yield RecordingsCaptured(district=district, items=items)
