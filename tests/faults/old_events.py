"""Old events: many events of recording at once, straight into its outbox, as years of work would have left them."""

import random
from datetime import date, timedelta

from services.recording.main import service
from shared.base import areas
from shared.base.ids import new_id
from shared.db import Database
from shared.events.recording.recordings import CapturedItem, RecordingsCaptured
from shared.messaging import outbox
from tests.factories import DISTRICTS

EVENTS_PER_TRANSACTION = 500
FIRST_DAY = date(2015, 1, 1)
DAYS = 900


async def add_events(url: str, number: int, *, seed: int = 1) -> None:
    """One recording each, in one of five districts, on some day of years ago."""
    chance = random.Random(seed)
    database = Database(url, publishes=service.publishes, pool_size=1)
    await database.open()
    try:
        for begin in range(0, number, EVENTS_PER_TRANSACTION):
            async with database.write() as session:
                for _ in range(begin, min(begin + EVENTS_PER_TRANSACTION, number)):
                    outbox.add_event(session, captured(chance), subject=new_id())
    finally:
        await database.close()


def captured(chance: random.Random) -> RecordingsCaptured:
    district = chance.choice(DISTRICTS)
    on = FIRST_DAY + timedelta(days=chance.randrange(DAYS))
    area = chance.choice(areas.subdistricts_of(district))
    return RecordingsCaptured(district=district, items=(CapturedItem(recording=new_id(), area=area, captured_on=on),))
