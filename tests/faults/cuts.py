"""Cuts: what happens behind a cable that is cut one way; run by `test_network.py` in a network of its own."""

import asyncio
import subprocess

import pytest

from tests.backends import kafka
from tests.backends.own_postgres import OwnPostgres
from tests.faults import results
from tests.faults.conftest import Make, Scene
from tests.faults.test_database import everybody_writes, judged, seconds_until
from tests.journeys.stack import SERVICES

WAYS = {"requests": "dport", "answers": "sport"}
LONGEST_SECONDS = 6  # a request
CUTS = ((5, "requests"), (30, "answers"))
CUTS_IN_FULL = tuple((seconds, way) for seconds in (5, 30, 120) for way in WAYS)


def nft(*words: str) -> None:
    subprocess.run(["nft", *words], check=True, capture_output=True)


def cut(port: int, way: str) -> None:
    """Packets of one direction vanish; connections stay open, and nobody is told."""
    nft("add", "table", "inet", "cut")
    nft("add", "chain", "inet", "cut", "in", "{ type filter hook input priority 0; }")
    nft("add", "rule", "inet", "cut", "in", "tcp", WAYS[way], str(port), "drop")


def mend() -> None:
    nft("delete", "table", "inet", "cut")


@pytest.mark.timeout(900)
class TestTheDatabase:
    async def test_cut_off_ends_requests_in_time(self, make_scene: Make, own_postgres: OwnPostgres) -> None:
        made = await make_scene("postgres", database_servers=dict.fromkeys(SERVICES, own_postgres))
        for seconds, way in CUTS_IN_FULL if results.is_full() else CUTS:
            what = f"database, {way} lost for {seconds} s"
            await self.cuts(made, own_postgres.port, seconds, way, what)
        assert made.history.statuses[503] + made.history.statuses[504]
        await judged(made, "P29", "database cut off")

    async def cuts(self, made: Scene, port: int, seconds: int, way: str, what: str) -> None:
        await made.load.run(20)
        made.history.longest_seconds = 0.0
        cut(port, way)
        try:
            await made.load.during(asyncio.sleep(seconds), a_second=10)
        finally:
            mend()
        results.measured("P29", f"{what}: requests that hung", made.history.statuses[0], 0)
        results.seconds("P29", f"{what}: longest request", made.history.longest_seconds, LONGEST_SECONDS)
        results.seconds("P29", f"{what}: pools whole after", await seconds_until(lambda: everybody_writes(made)), 10)


@pytest.mark.timeout(900)
class TestTheBroker:
    async def test_cut_off_is_seen_by_nobody_who_records(self, make_scene: Make, own_broker: kafka.Broker) -> None:
        made = await make_scene("kafka", servers=own_broker.servers)
        for seconds, way in CUTS_IN_FULL if results.is_full() else ((5, "requests"), (5, "answers")):
            what = f"broker, {way} lost for {seconds} s"
            cut(own_broker.port, way)
            try:
                await made.load.during(asyncio.sleep(seconds), a_second=20)
            finally:
                mend()
            results.measured("P29", f"{what}: errors", made.history.errors, 0)
            results.seconds("P29", f"{what}: longest request", made.history.longest_seconds, LONGEST_SECONDS)
            results.seconds("P29", f"{what}: caught up after", await made.drain(), 30)
        await judged(made, "P29", "broker cut off")
