"""On the 17th birthday an early recording begins to count."""

from datetime import timedelta

from sqlmodel import col, select

from services.recording.recordings.events import record_events
from services.recording.recordings.models import Recording
from shared.base import areas, clock
from shared.db import Database
from shared.settings import ServiceSettings

BATCH_SIZE = 500


async def process_coming_of_age(database: Database, _: ServiceSettings) -> None:
    """A round: all whose birthday has come at their office."""
    while await process_next_batch(database):
        continue


async def process_next_batch(database: Database) -> bool:
    """-> whether there may be more."""
    latest = clock.today(areas.NATION) + timedelta(days=1)  # the easternmost office is a day ahead at most
    async with database.write() as session:
        due = (
            select(Recording)
            .where(col(Recording.of_age_on) <= latest)
            .order_by(col(Recording.of_age_on), col(Recording.id))
        )
        rows = (await session.exec(due.limit(BATCH_SIZE).with_for_update())).all()
        of_age = [row for row in rows if row.of_age_on and row.of_age_on <= clock.today(row.district)]
        record_events(session, [row.come_of_age() for row in of_age])
        session.add_all(of_age)
    return len(of_age) == BATCH_SIZE
