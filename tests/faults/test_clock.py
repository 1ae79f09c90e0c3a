"""P28: clocks may be wrong: order by seq stays, no day comes twice, tokens are refused only beyond the leeway."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.recording.main import service
from shared.base import clock
from shared.db import Database
from shared.messaging import outbox
from shared.messaging.inbox import EventOrigin, ReceivedEvent
from shared.messaging.outbox import partition_of, read_events_after
from shared.messaging.sequencing import assign_sequence
from shared.service import Service
from tests import factories
from tests.backends import run_state
from tests.conftest import FrozenClock
from tests.faults import results
from tests.faults.conftest import FaultScenario, MakeScenario
from tests.faults.database_state import all_rows, events_of
from tests.faults.outbox_facts import OutboxEvent
from tests.faults.test_database import check_and_report
from tests.faults.test_outbox import event

LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
HOUR, DAY = 3600, 86_400
WIB, WITA, WIT = "61.03", "52.02", "91.71"


@pytest.fixture
def skew(folder: Path) -> "FakeClock":
    library = next(iter(LIBRARIES), None)
    if library is None:
        run_state.skip_or_fail(
            "a wrong clock", run_state.BackEndMissing("libfaketime is not installed (Debian: faketime)")
        )
    return FakeClock(library, folder / "clock")


class FakeClock:
    """How wrong the clock of one process is; the loop's own clock and sleeps stay right."""

    def __init__(self, library: Path, file: Path) -> None:
        self.file, self.seconds = file, 0
        self.set(0)
        self.environment = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, seconds: int) -> None:
        self.seconds = seconds
        unfinished = self.file.with_suffix(".new")
        unfinished.write_text(f"{seconds:+d}")
        unfinished.rename(self.file)

    def __call__(self) -> datetime:
        return clock.system_time() + timedelta(seconds=self.seconds)


@pytest.mark.timeout(400)
class TestAServiceWithAWrongClock:
    async def test_keeps_its_order_and_its_days(self, make_scenario: MakeScenario, skew: FakeClock) -> None:
        made = await make_scenario("postgres", of={"recording": skew.environment})
        made.load.mix = {"capture": 2, "step": 1}
        for seconds in (HOUR, -HOUR, DAY, 0):
            skew.set(seconds)
            with clock.override_time(skew):  # tokens of an issuer as wrong as the service
                await made.load.run(results.size_for_run(40, 1_000))
                await asyncio.sleep(0.5)  # numbered by this clock
        assert not made.history.errors
        said = events_of("recording", (await all_rows(made.stack))["recording"])
        assert clock_spread(said) > HOUR
        results.check_at_most("P28", "known earlier than what was said before", backward_steps(said), 0)
        results.check_at_most("P28", "days that came twice", repeated_days(said), 0)
        await check_and_report(made, "P28", "a clock at +1 h, -1 h, +1 day, and back")

    async def test_refuses_tokens_only_beyond_the_leeway(self, make_scenario: MakeScenario, skew: FakeClock) -> None:
        made = await make_scenario("sqlite", of={"recording": skew.environment})
        wrong = []
        for seconds, lasts, wanted in (
            (0, HOUR, 200), (40, HOUR, 200), (-40, HOUR, 200), (-HOUR, HOUR, 401), (HOUR, HOUR // 2, 401),
            (HOUR, HOUR + 90, 200), (DAY, HOUR, 401), (0, HOUR, 200),
        ):  # fmt: skip
            skew.set(seconds)
            found = await asked_with_a_token(made, lasts)
            wrong += [f"clock at {seconds:+} s, token for {lasts} s: {found}"] if found != wanted else []
        results.record("P28", "tokens judged wrongly", len(wrong), 0, passed=not wrong)
        assert not wrong


async def asked_with_a_token(made: FaultScenario, lasts_seconds: int) -> int:
    token = made.stack.issuer.issue(
        scopes=["recording:read"], areas=["*"], audience=["rekap-recording"], seconds=lasts_seconds
    )
    url = f"{made.stack.url('recording')}/v1/targets"
    answer = await made.stack.client.get(url, headers={"Authorization": f"Bearer {token}"})
    return answer.status_code


def events_by_partition(said: list[OutboxEvent]) -> Iterator[list[OutboxEvent]]:
    for partition in range(outbox.PARTITIONS):
        yield sorted((each for each in said if each.partition == partition), key=lambda each: each.seq)


def clock_spread(said: list[OutboxEvent]) -> float:
    times = [each.known_at for each in said]
    return (max(times) - min(times)).total_seconds()


def backward_steps(said: list[OutboxEvent]) -> int:
    return sum(
        one.known_at > other.known_at for lane in events_by_partition(said) for one, other in itertools.pairwise(lane)
    )


def repeated_days(said: list[OutboxEvent]) -> int:
    """A day that ended and came again, in some partition of some office."""
    found = 0
    for lane in events_by_partition(said):
        for district in {each.data["district"] for each in lane}:
            days = [each.known_on for each in lane if each.data["district"] == district]
            found += len([day for day, after in itertools.pairwise(days) if after < day])
    return found


class TestTheLastSecondOfADay:
    """A recording said in the last second of an office's day, and in the next one."""

    @pytest.mark.parametrize(
        ("district", "midnight"),
        [
            (WIB, datetime(2018, 11, 30, 17, tzinfo=UTC)),
            (WITA, datetime(2018, 11, 30, 16, tzinfo=UTC)),
            (WIT, datetime(2018, 11, 30, 15, tzinfo=UTC)),
        ],
    )
    async def test_is_known_on_that_day(
        self,
        open_database: Callable[[Service], Awaitable[Database]],
        frozen_clock: FrozenClock,
        district: str,
        midnight: datetime,
    ) -> None:
        database = await open_database(service)
        second, days = timedelta(seconds=1), []
        at_midnight_in_greenwich = datetime(2018, 11, 30, 23, 59, 59, tzinfo=UTC)
        # said at the end of the day, after it, by a clock that went back, and around the midnight of UTC
        for at in (midnight - second, midnight, midnight - second, at_midnight_in_greenwich):
            frozen_clock.at = at
            days.append(clock.today(district))
            await add_and_sequence(database, district)
        assert days == [date(2018, 11, 30), date(2018, 12, 1), date(2018, 11, 30), date(2018, 12, 1)]
        assert await known_on(database, district) == [date(2018, 11, 30)] + [date(2018, 12, 1)] * 3
        results.record("P28", "last second of a day in WIB, WITA, WIT, UTC", "its day", "its day", passed=True)


async def add_and_sequence(database: Database, district: str) -> None:
    async with database.write() as session:
        outbox.add_event(session, event(district), subject=factories.new_id())
    await assign_sequence(database, clock.now)


async def known_on(database: Database, district: str) -> list[date]:
    """As a consumer reads it of the stamp, in order of seq."""
    async with database.read() as session:
        rows = await read_events_after(session, partition_of(district), 0, limit=100)
    return [received(row, district).known_on for row in rows]


def received(row: Any, district: str) -> ReceivedEvent:
    return ReceivedEvent(EventOrigin("recording", row.partition, row.seq, row.event_id, row.known_at), event(district))
