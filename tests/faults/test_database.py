"""P25, P26, P43: what is acknowledged survives a crash, a restart is a hiccup, and probes tell the truth."""

import asyncio
import random
import signal
import time
from collections.abc import Awaitable, Callable

import httpx
import pytest

from tests import factories
from tests.backends.kafka import free_ports
from tests.backends.own_postgres import OwnPostgres
from tests.faults import results
from tests.faults.conftest import SEED, FaultScenario, MakeScenario
from tests.faults.history import Act, outcome_of
from tests.journeys.stack import SERVICES

TRANSIENT_STATUSES = {503, 504}
ACCEPTED = {200, 201, 409, 422}  # 409 and 422: a card whose record has not come yet, or not so far


async def check_and_report(made: FaultScenario, promise: str, what: str) -> None:
    """The whole history, with the result written down either way."""
    try:
        await made.check(again=False)
    except AssertionError as wrong:
        results.record(promise, f"{what}: acknowledged and lost, refused and present", str(wrong)[:200], passed=False)
        raise
    acts = len(made.history.acts)
    results.record(promise, f"{what}: acknowledged and lost, refused and present", 0, 0, passed=True, seed=SEED)
    results.record(promise, f"{what}: acts", acts, passed=True, seed=SEED)


@pytest.mark.timeout(600)
class TestAcknowledged:
    """P25."""

    async def test_survives_crashes_of_postgresql_and_of_services(
        self, make_scenario: MakeScenario, own_postgres: OwnPostgres
    ) -> None:
        made = await make_scenario("postgres", database_servers=dict.fromkeys(SERVICES, own_postgres))
        chance = random.Random(SEED)

        async def crash() -> None:
            for _ in range(results.size_for_run(2, 10)):
                await asyncio.sleep(chance.uniform(0.5, 2))
                await asyncio.to_thread(own_postgres.crash)
                await asyncio.to_thread(own_postgres.start)
                await asyncio.sleep(chance.uniform(0.2, 1))
                await made.stack.restart(chance.choice(SERVICES))

        await made.load.during(crash(), a_second=results.size_for_run(15, 50))
        await check_and_report(made, "P25", "PostgreSQL crashed, services killed")
        assert made.history.of("ok")

    async def test_survives_the_death_of_processes_on_sqlite(self, make_scenario: MakeScenario) -> None:
        made = await make_scenario("sqlite")
        chance = random.Random(SEED)

        async def kill() -> None:
            for count in range(results.size_for_run(4, 20)):
                await asyncio.sleep(chance.uniform(0.3, 1.5))
                await made.stack.restart(SERVICES[count % len(SERVICES)])

        await made.load.during(kill(), a_second=results.size_for_run(15, 50))
        await check_and_report(made, "P25", "SQLite, processes killed")


@pytest.mark.timeout(600)
class TestRestartOfTheDatabase:
    """P26, P43."""

    async def test_is_a_hiccup(self, make_scenario: MakeScenario, own_postgres: OwnPostgres) -> None:
        made = await make_scenario("postgres", database_servers=dict.fromkeys(SERVICES, own_postgres))
        await self.is_told_by_probes(made, own_postgres)
        longest = 0.0

        async def restart() -> None:
            nonlocal longest
            for _ in range(results.size_for_run(2, 10)):
                await asyncio.sleep(1)
                await asyncio.to_thread(own_postgres.stop)
                await asyncio.sleep(1)
                await asyncio.to_thread(own_postgres.start)
                longest = max(longest, await seconds_until(lambda: all_services_write(made)))

        await made.load.during(restart(), a_second=results.size_for_run(15, 50))
        odd = {status: n for status, n in made.history.statuses.items() if status not in TRANSIENT_STATUSES | ACCEPTED}
        results.record("P26", "other answers than 503 and 504", sum(odd.values()), 0, passed=not odd)
        assert not odd
        assert made.history.statuses[503]
        results.check_seconds("P26", "errors end after the database is back", longest, 10)
        await check_and_report(made, "P26", "PostgreSQL restarted")

    async def is_told_by_probes(self, made: FaultScenario, server: OwnPostgres) -> None:
        await asyncio.to_thread(server.stop)

        async def is_refused() -> bool:
            return await status(made, "recording", "/readyz") == 503

        results.check_seconds("P43", "database away: not ready after", await seconds_until(is_refused), 5)
        assert await status(made, "recording", "/livez") == 200
        refused = await write(made)
        assert refused.status_code == 503
        assert int(refused.headers["Retry-After"]) >= 1
        assert refused.json()["code"] == "database_unavailable"
        await asyncio.to_thread(server.start)

        async def is_taken() -> bool:
            return (await write(made)).status_code == 201

        results.check_seconds("P43", "database back: writes taken after", await seconds_until(is_taken), 10)


async def all_services_write(made: FaultScenario) -> bool:
    """Each service takes a write and each is ready, all pools whole: ten at once."""
    ready = await asyncio.gather(*(made.stack.is_ready(name) for name in SERVICES for _ in range(10)))
    before = made.history.errors
    await asyncio.gather(made.load.capture("61.03"), made.load.posting("61.03"), made.load.connection("61.03"))
    return all(ready) and made.history.errors == before


async def seconds_until(holds: Callable[[], Awaitable[bool]], within: float = 60) -> float:
    began = time.monotonic()
    while not await holds():
        assert time.monotonic() - began < within
        await asyncio.sleep(0.05)
    return time.monotonic() - began


@pytest.mark.timeout(300)
class TestProbes:
    """P43."""

    async def test_of_a_service_whose_broker_is_away(self, make_scenario: MakeScenario) -> None:
        made = await make_scenario("postgres", more={"REKAP_KAFKA": f"127.0.0.1:{free_ports(1)[0]}"})
        await made.load.run(20)
        assert not made.history.errors
        assert await status(made, "recording", "/readyz") == 200
        results.record("P43", "broker away: ready", 200, 200, passed=True)

    async def test_of_a_process_that_hangs(self, make_scenario: MakeScenario) -> None:
        made = await make_scenario("sqlite")
        made.stack.processes["recording"].send_signal(signal.SIGSTOP)
        with pytest.raises(httpx.ReadTimeout):
            await made.stack.client.get(f"{made.stack.url('recording')}/livez", timeout=2)
        made.stack.processes["recording"].send_signal(signal.SIGCONT)
        assert await status(made, "recording", "/livez") == 200
        results.record("P43", "loop blocked: live fails", "fails", "fails", passed=True)


async def status(made: FaultScenario, name: str, path: str) -> int:
    return (await made.stack.client.get(made.stack.url(name) + path)).status_code


async def write(made: FaultScenario) -> httpx.Response:
    """A capture that the history knows of, with its whole answer."""
    body = factories.recording(on=made.load.day)
    act = Act("capture", "recording", "/v1/recordings", body, f"captured {body['id']}")
    made.history.acts[act.id], made.history.outcomes[act.id] = act, "info"
    headers = {"Authorization": f"Bearer {made.stack.token('recording')}"}
    answer = await made.stack.client.post(made.stack.url("recording") + act.path, json=body, headers=headers)
    made.history.outcomes[act.id] = outcome_of(answer.status_code)
    return answer
