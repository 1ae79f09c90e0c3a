"""The Kafka adapter while its broker is dead, frozen or coming back: in time, without an error, nothing left behind."""

import asyncio
import time
from collections.abc import Callable

import pytest

from shared.messaging.transports.kafka import CALL_SECONDS
from tests.backends.kafka import Broker
from tests.shared.messaging.transports.conftest import TopicEnds, outgoing_events, tasks_left_since

pytestmark = pytest.mark.timeout(120)
CLEANUP_SECONDS = 3
Outage = Callable[[Broker], None]
OUTAGES = pytest.mark.parametrize(
    ("begin", "end"), [(Broker.kill, Broker.start), (Broker.pause, Broker.resume)], ids=["dead", "frozen"]
)


@OUTAGES
class TestOutage:
    async def test_an_append_says_no_in_time_and_leaves_no_task(
        self, own_ends: TopicEnds, own_broker: Broker, begin: Outage, end: Outage
    ) -> None:
        before = asyncio.all_tasks()
        await own_ends.append(1)
        begin(own_broker)

        for _ in range(2):  # with a batch on its way, then while starting
            began = time.monotonic()
            assert not await own_ends.log.append(0, outgoing_events(2))
            assert time.monotonic() - began < CALL_SECONDS + CLEANUP_SECONDS

        await asyncio.sleep(0.2)
        assert tasks_left_since(before) == []
        assert own_ends.log.replaced == 2

    async def test_a_read_comes_back_empty_in_time(
        self, own_ends: TopicEnds, own_broker: Broker, begin: Outage, end: Outage
    ) -> None:
        await own_ends.append(1)
        await own_ends.read(1)
        begin(own_broker)

        for _ in range(4):
            began = time.monotonic()
            assert await own_ends.subscription.read() == ()
            assert time.monotonic() - began < 2 * CALL_SECONDS + CLEANUP_SECONDS

    async def test_afterwards_both_ends_go_on_by_themselves(
        self, own_ends: TopicEnds, own_broker: Broker, begin: Outage, end: Outage
    ) -> None:
        await own_ends.append(1)
        assert await own_ends.read(1) == [(0, 1)]
        begin(own_broker)
        reading = asyncio.create_task(own_ends.read(1, within_seconds=60))
        assert not await own_ends.log.append(0, outgoing_events(2))

        await asyncio.to_thread(end, own_broker)
        await own_ends.append(2, within_seconds=30)

        assert await reading == [(0, 2)]

    async def test_closing_takes_seconds(
        self, own_ends: TopicEnds, own_broker: Broker, begin: Outage, end: Outage
    ) -> None:
        await own_ends.append(1)
        await own_ends.read(1)
        begin(own_broker)
        sending = asyncio.create_task(own_ends.log.append(0, outgoing_events(2)))
        await asyncio.sleep(0.3)

        began = time.monotonic()
        sending.cancel()
        await asyncio.wait([sending])
        await asyncio.gather(own_ends.log.close(), own_ends.subscription.close())
        assert time.monotonic() - began < 8


class TestRestart:
    async def test_in_good_order_keeps_everything(self, own_ends: TopicEnds, own_broker: Broker) -> None:
        await own_ends.append(1, 2)
        await asyncio.to_thread(own_broker.stop)
        await asyncio.to_thread(own_broker.start)

        await own_ends.append(3, within_seconds=30)

        assert [number for _, number in await own_ends.read(3)] == [1, 2, 3]
