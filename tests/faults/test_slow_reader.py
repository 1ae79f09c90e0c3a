"""P30: a consumer whose database is slow takes no more than it can put away, and catches up afterwards."""

import asyncio
import re

import psutil
import pytest
from sqlalchemy.engine import make_url

from tests.backends.own_postgres import OwnPostgres
from tests.faults import results
from tests.faults.checker import check_reports
from tests.faults.conftest import MakeScenario
from tests.faults.database_state import all_rows, events_of
from tests.faults.old_events import add_events
from tests.faults.stack import PUBLISHERS
from tests.faults.throttled_relay import ThrottledRelay

SLOW_BYTES_A_SECOND = 64_000 // 8
MEGABYTES_AT_MOST = 256


@pytest.mark.timeout(1800)
class TestASlowDatabase:
    async def test_does_not_make_its_consumer_grow(
        self, make_scenario: MakeScenario, own_postgres: OwnPostgres
    ) -> None:
        async with ThrottledRelay("127.0.0.1", own_postgres.port).running() as relay:
            made = await make_scenario("postgres", database_servers={"reporting": own_postgres})
            direct = make_url(made.stack.databases["reporting"])
            through = direct.set(port=relay.port).render_as_string(hide_password=False)
            made.stack.of["reporting"] = {"REKAP_REPORTING_DATABASE_URL": through}
            await made.stack.kill("reporting")
            await add_events(made.stack.databases["recording"], results.size_for_run(3_000, 200_000))
            await made.stack.start("reporting")
            relay.bytes_a_second = SLOW_BYTES_A_SECOND
            process = psutil.Process(made.stack.processes["reporting"].pid)
            most = 0
            for _ in range(results.size_for_run(20, 240)):
                most = max(most, process.memory_info().rss >> 20)
                await asyncio.sleep(0.5)
            results.check_at_most("P30", "memory behind a database at 64 kbit/s", most, MEGABYTES_AT_MOST, unit="MB")
            relay.bytes_a_second = None
            results.record("P30", "caught up after", await made.drain(900), passed=True, unit="s")
            found = await all_rows(made.stack)
            said = [each for name in PUBLISHERS for each in events_of(name, found[name])]
            assert await check_reports(made.stack, said) == []
            assert not re.search(r"MemoryError", made.stack.log_of("reporting"))
