"""The Kafka adapter on a real broker: what goes in comes out in order, and positions mean what they say."""

import asyncio

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.messaging.transports import SeekPosition
from shared.messaging.transports.kafka import KafkaLog, KafkaSubscription
from shared.settings import settings_of
from tests.backends import kafka
from tests.shared.messaging.transports.conftest import FROM_START, TopicEnds, outgoing_events


class TestAppend:
    async def test_is_read_in_order_partition_by_partition(self, ends: TopicEnds) -> None:
        assert await ends.log.append(0, outgoing_events(*range(1, 501)))
        assert await ends.log.append(11, outgoing_events(1, 2))
        assert await ends.log.append(0, outgoing_events(501))

        found = await ends.read(503)
        assert [number for partition, number in found if partition == 0] == [*range(1, 502)]
        assert [number for partition, number in found if partition == 11] == [1, 2]

    async def test_carries_key_and_content_type(self, ends: TopicEnds, topics: kafka.Topics) -> None:
        await ends.append(1)

        consumer = AIOKafkaConsumer(bootstrap_servers=topics.servers, auto_offset_reset="earliest")
        await consumer.start()
        consumer.assign([TopicPartition(topics.names[0], 0)])
        [[record]] = (await consumer.getmany(timeout_ms=5000)).values()
        await consumer.stop()
        assert record.key == b"61.03"
        assert record.headers == (("content-type", b"application/cloudevents+json"),)

    async def test_takes_more_than_one_batch_holds(self, ends: TopicEnds) -> None:
        assert await ends.log.append(0, outgoing_events(*range(1, 11), size=256 * 1024))

        assert [number for _, number in await ends.read(10)] == [*range(1, 11)]

    async def test_of_nothing_is_done(self, ends: TopicEnds) -> None:
        assert await ends.log.append(0, [])

    async def test_cancelled_leaves_nothing_behind(self, ends: TopicEnds) -> None:
        for pause in (0, 0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.05) * 5:
            sending = asyncio.create_task(ends.log.append(0, outgoing_events(1)))
            await asyncio.sleep(pause)
            sending.cancel()
            await asyncio.wait([sending])
        await ends.append(2)


class TestSeek:
    async def test_reads_on_behind_the_hint(self, ends: TopicEnds) -> None:
        await ends.append(1, 2, 3, 4)

        await ends.subscription.seek({**FROM_START, 0: SeekPosition(2, hint=1)})

        assert await ends.read(2) == [(0, 3), (0, 4)]

    async def test_again_while_reading(self, ends: TopicEnds) -> None:
        await ends.append(1, 2, 3)
        assert len(await ends.read(3)) == 3

        await ends.subscription.seek({**FROM_START, 0: SeekPosition(1, hint=0)})

        assert await ends.read(2) == [(0, 2), (0, 3)]

    async def test_without_a_hint_begins_where_the_topic_begins(self, ends: TopicEnds, topics: kafka.Topics) -> None:
        await ends.append(1, 2, 3, 4)
        await topics.cut(topics.names[0], 0, before=2)

        assert await ends.read(2) == [(0, 3), (0, 4)]

    async def test_before_the_beginning_offers_all_that_is_left(self, ends: TopicEnds, topics: kafka.Topics) -> None:
        await ends.append(1, 2, 3, 4)
        await topics.cut(topics.names[0], 0, before=3)

        await ends.subscription.seek({**FROM_START, 0: SeekPosition(1, hint=0)})

        assert await ends.read(1) == [(0, 4)]

    async def test_beyond_the_end_offers_all_that_is_there(self, ends: TopicEnds) -> None:
        await ends.append(1, 2)

        await ends.subscription.seek({**FROM_START, 0: SeekPosition(900, hint=899)})

        assert await ends.read(2) == [(0, 1), (0, 2)]


class TestTopicMadeAgain:
    async def test_is_written_and_read_from_its_beginning(self, ends: TopicEnds, topics: kafka.Topics) -> None:
        await ends.append(1, 2, 3)
        await ends.read(3)

        await topics.empty()
        await ends.append(4)

        assert await ends.read(1, within_seconds=30) == [(0, 4)]

    async def test_while_it_is_away_nothing_is_acknowledged_or_read(
        self, ends: TopicEnds, topics: kafka.Topics
    ) -> None:
        await ends.append(1)
        await ends.read(1)
        await topics.delete()

        assert not await ends.log.append(0, outgoing_events(2))
        for _ in range(3):
            assert await ends.subscription.read() == ()

        await topics.make()
        await ends.append(2)
        assert await ends.read(1, within_seconds=30) == [(0, 2)]

    async def test_there_never_was_one(self, kafka_servers: str) -> None:
        settings = settings_of("tests", kafka=kafka_servers)
        log, subscription = KafkaLog(settings.brokers, "none.such"), KafkaSubscription(settings.brokers, "none.such")
        await subscription.seek(FROM_START)

        assert not await log.append(0, outgoing_events(1))
        assert await subscription.read() == ()

        await log.close()
        await subscription.close()


class TestSilentConsumer:
    @pytest.mark.timeout(60)
    async def test_is_found_and_replaced(self, ends: TopicEnds) -> None:
        await ends.append(1)
        await ends.read(1)
        assert ends.subscription.consumer is not None
        ends.subscription.consumer._fetcher._fetch_task.cancel()
        await asyncio.sleep(1)  # what was on its way still came

        await ends.append(2)

        assert await ends.read(1, within_seconds=30) == [(0, 2)]
        assert ends.subscription.replaced == 1
