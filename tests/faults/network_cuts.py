"""Network cuts: packets of one direction are lost; run by `test_network.py` in a network of its own."""

import asyncio
import subprocess

import pytest

from tests.backends import kafka
from tests.backends.own_postgres import OwnPostgres
from tests.faults import results
from tests.faults.conftest import FaultScenario, MakeScenario
from tests.faults.test_database import all_services_write, check_and_report, seconds_until
from tests.journeys.stack import SERVICES

PORT_OF_DIRECTION = {"requests": "dport", "answers": "sport"}
LONGEST_SECONDS = 6  # a request
CUTS = ((5, "requests"), (30, "answers"))
CUTS_IN_FULL = tuple((seconds, way) for seconds in (5, 30, 120) for way in PORT_OF_DIRECTION)


def nft(*words: str) -> None:
    subprocess.run(["nft", *words], check=True, capture_output=True)


def drop_packets(port: int, way: str) -> None:
    """Packets of one direction vanish; connections stay open, and nobody is told."""
    nft("add", "table", "inet", "cut")
    nft("add", "chain", "inet", "cut", "in", "{ type filter hook input priority 0; }")
    nft("add", "rule", "inet", "cut", "in", "tcp", PORT_OF_DIRECTION[way], str(port), "drop")


def stop_dropping() -> None:
    nft("delete", "table", "inet", "cut")


@pytest.mark.timeout(900)
class TestTheDatabase:
    async def test_cut_off_ends_requests_in_time(self, make_scenario: MakeScenario, own_postgres: OwnPostgres) -> None:
        made = await make_scenario("postgres", database_servers=dict.fromkeys(SERVICES, own_postgres))
        for seconds, way in CUTS_IN_FULL if results.is_full() else CUTS:
            what = f"database, {way} lost for {seconds} s"
            await self.cuts(made, own_postgres.port, seconds, way, what)
        assert made.history.statuses[503] + made.history.statuses[504]
        await check_and_report(made, "P29", "database cut off")

    async def cuts(self, made: FaultScenario, port: int, seconds: int, way: str, what: str) -> None:
        await made.load.run(20)
        made.history.longest_seconds = 0.0
        drop_packets(port, way)
        try:
            await made.load.during(asyncio.sleep(seconds), a_second=10)
        finally:
            stop_dropping()
        results.check_at_most("P29", f"{what}: requests that hung", made.history.statuses[0], 0)
        results.check_seconds("P29", f"{what}: longest request", made.history.longest_seconds, LONGEST_SECONDS)
        results.check_seconds(
            "P29", f"{what}: pools whole after", await seconds_until(lambda: all_services_write(made)), 10
        )


@pytest.mark.timeout(900)
class TestTheBroker:
    async def test_cut_off_is_seen_by_nobody_who_records(
        self, make_scenario: MakeScenario, own_broker: kafka.Broker
    ) -> None:
        made = await make_scenario("kafka", servers=own_broker.servers)
        for seconds, way in CUTS_IN_FULL if results.is_full() else ((5, "requests"), (5, "answers")):
            what = f"broker, {way} lost for {seconds} s"
            drop_packets(own_broker.port, way)
            try:
                await made.load.during(asyncio.sleep(seconds), a_second=20)
            finally:
                stop_dropping()
            results.check_at_most("P29", f"{what}: errors", made.history.errors, 0)
            results.check_seconds("P29", f"{what}: longest request", made.history.longest_seconds, LONGEST_SECONDS)
            results.check_seconds("P29", f"{what}: caught up after", await made.drain(), 30)
        await check_and_report(made, "P29", "broker cut off")
