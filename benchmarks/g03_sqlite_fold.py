"""G3: the same backlog into the embedded database."""

from collections.abc import Sequence

from benchmarks import harness
from benchmarks.backlog import EVENTS, Backlog, open_database
from benchmarks.harness import Bench, Goal, Measured
from services.reporting.main import service
from tests.backends.database_templates import prepare_database, sqlite_url

GOAL = Goal("G3", "fold into SQLite", "bare getmany(5000), counting", 0.4, 0.9)


async def measure(bench: Bench) -> Sequence[Measured]:
    backlog = Backlog(bench.kafka(), EVENTS)
    await backlog.make()

    async def fold() -> float:
        file = bench.folder / "reporting.db"
        await prepare_database(service, sqlite_url(file))
        async with open_database(sqlite_url(file)) as database:
            rate = await backlog.fill_read_models(database)
        for left in bench.folder.glob("reporting.db*"):
            left.unlink()
        return rate

    return [await bench.compare(GOAL, fold, backlog.bare, events=EVENTS, sizes="events/s")]


if __name__ == "__main__":
    harness.main([GOAL], measure)
