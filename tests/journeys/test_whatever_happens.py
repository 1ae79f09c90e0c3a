"""Whatever happens on the way, the figures stay, to the byte: sent twice, killed, emptied, restored, rebuilt."""

import asyncio

import pytest

from tests import factories
from tests.journeys.stack import SERVICES, Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

SANGGAU = "61.03"


class TestSentTwice:
    async def test_loading_again_changes_nothing(self, fresh: Stack) -> None:
        before = await fresh.all_reports()

        outcome = await fresh.load()

        assert outcome.created == 0
        assert outcome.refused == 0
        await fresh.settle()
        assert await fresh.all_reports() == before


class TestKilled:
    async def test_every_process_in_the_middle_of_a_load(self, empty: Stack, loaded: Stack) -> None:
        loading = asyncio.create_task(empty.load(attempts=20))
        await asyncio.sleep(0.3)
        for service in SERVICES:
            await empty.kill(service)
        await asyncio.gather(*(empty.start(service) for service in SERVICES))
        outcome = await loading

        assert outcome.refused == 0
        await empty.settle()
        assert await empty.all_reports() == await loaded.all_reports()


class TestTopicEmptied:
    @pytest.mark.parametrize("kind", ["kafka"], scope="session")
    async def test_is_healed_from_the_feed(self, fresh: Stack) -> None:
        await fresh.kill("reporting")
        for _ in range(3):
            await fresh.post("recording", "/v1/recordings", factories.recording(district=SANGGAU))
        await fresh.published_count("recording")
        await fresh.empty_topics()

        await fresh.start("reporting")
        await fresh.post("recording", "/v1/recordings", factories.recording(district=SANGGAU))

        await fresh.wait_for_report(SANGGAU, lambda report: report["figures"]["recorded"]["value"] == 254_639)


class TestRestoredPublisher:
    async def test_consumers_stop_and_say_so(self, fresh: Stack) -> None:
        await fresh.settle()
        copy = await fresh.copy_database("recording")
        await fresh.post("recording", "/v1/recordings", factories.recording(district=SANGGAU))
        await fresh.wait_for_report(SANGGAU, lambda report: report["figures"]["recorded"]["value"] == 254_636)

        await fresh.restore_database("recording", copy)

        report = await fresh.wait_for_report(
            SANGGAU, lambda report: report["sources"]["recording"]["state"] == "stopped"
        )
        assert report["figures"]["recorded"]["value"] == 254_636


class TestRebuild:
    async def test_gives_the_same_bytes_and_so_does_the_way_back(self, fresh: Stack) -> None:
        await self.recorded(fresh, 254_636)
        await fresh.settle()
        before = await fresh.all_reports()

        told = await fresh.rekap("rebuild")

        assert "no difference" in told
        assert "Reporting reads them now" in told
        assert await fresh.all_reports() == before
        await self.recorded(fresh, 254_637)
        before = await fresh.all_reports()

        told = await fresh.rekap("rebuild", "--back")

        assert "Reporting reads them now" in told
        assert await fresh.all_reports() == before
        await self.recorded(fresh, 254_638)

    @pytest.mark.parametrize("kind", ["kafka"], scope="session")
    async def test_of_events_that_kafka_no_longer_has(self, fresh: Stack) -> None:
        await fresh.settle()
        await fresh.empty_topics()

        assert "no difference" in await fresh.rekap("rebuild")

    async def recorded(self, stack: Stack, then: int) -> None:
        """One more, until the report says so."""
        await stack.post("recording", "/v1/recordings", factories.recording(district=SANGGAU))
        await stack.wait_for_report(SANGGAU, lambda report: report["figures"]["recorded"]["value"] == then)

    async def test_of_a_service_that_does_not_run_waits_for_its_start(self, fresh: Stack) -> None:
        before = await fresh.all_reports()
        await fresh.kill("reporting")

        await fresh.rekap("rebuild")
        await fresh.start("reporting")

        await fresh.settle()
        assert await fresh.all_reports() == before
