"""Sources: how fresh the books are, by whichever way it is asked."""

from datetime import timedelta

from services.reporting.main import service
from services.reporting.models import Rebuild, core
from services.reporting.reports.freshness import Freshness, read_freshness, read_freshness_fast
from shared.db import Database
from shared.messaging.inbox import parked_event, position, source_state
from tests.conftest import NOON
from tests.reporting.projection.bulk_fixtures import OpenDatabase

SOURCES = ("recording", "blanks", "equipment")
REBUILD = {"number": 1, "state": "live", "began_at": NOON, "ready_at": NOON, "differences": 0, "reason": ""}


async def freshness_both_ways(database: Database) -> Freshness:
    """As of a snapshot, and asked for alone."""
    async with database.read() as session:
        found = await read_freshness(await session.connection())
    assert await read_freshness_fast(database) == found
    return found


class TestFreshness:
    async def test_of_books_that_heard_nobody(self, open_database: OpenDatabase) -> None:
        found = await freshness_both_ways(await open_database(service))

        assert (found.complete_until, found.incomplete_since) == (None, None)
        assert {each.state for each in found.sources.values()} == {"unknown"}

    async def test_of_books_with_all_that_can_be_said(self, open_database: OpenDatabase) -> None:
        database = await open_database(service)
        later, parked_at = NOON + timedelta(minutes=5), NOON - timedelta(minutes=9)
        async with database.write() as session:
            connection = await session.connection()
            places = [
                {
                    "source": source,
                    "partition": 0,
                    "last_seq": 7,
                    "complete_until": NOON if source == "blanks" else later,
                }
                for source in SOURCES
            ]
            await connection.execute(position.insert(), places)
            stopped = {"source": "equipment", "state": "stopped", "reason": "another history", "since": NOON}
            await connection.execute(source_state.insert(), stopped)
            aside = {"source": "blanks", "partition": 0, "seq": 5, "reason": "invalid_data", "value": b"{}"}
            await connection.execute(parked_event.insert(), aside | {"known_at": parked_at, "parked_at": NOON})
            await connection.execute(core(Rebuild).insert(), REBUILD)

        found = await freshness_both_ways(database)

        assert (found.complete_until, found.incomplete_since) == (NOON, parked_at)
        assert found.sources["blanks"].parked == 1
        assert found.sources["equipment"].reason == "another history"
