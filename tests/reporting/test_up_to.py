"""New books are filled to where the live ones stood, however much every partition holds beyond that."""

import pytest

from services.reporting.main import service
from services.reporting.projection.apply import apply_batch
from services.reporting.projection.bulk.bulk_load import FeedBatches, bulk_load
from services.reporting.rebuild.rebuild import BEYOND_ALL, FeedUpToEnds
from shared.http.url_checks import check_url
from shared.messaging.consumer import Consumer
from shared.messaging.feed_routes import parse_seq
from shared.messaging.inbox import DatabaseInbox
from shared.messaging.outbox import PARTITIONS
from shared.messaging.transports import SeekPosition
from shared.messaging.transports.http_feed import seq_in_url
from tests.reporting.projection.bulk_fixtures import SOURCE, MemoryPublisher, OpenDatabase
from tests.reporting.projection.memory_source import PAGE_SIZE

AT_ITS_END = 3  # events of the first partition that the live books had folded


@pytest.fixture
def told() -> MemoryPublisher:
    found = MemoryPublisher()
    assert len(found.values[0]) - AT_ITS_END > PAGE_SIZE, "what is newer fills a page"
    return found


@pytest.fixture
def ends(told: MemoryPublisher) -> dict[int, int]:
    return told.ends | {0: AT_ITS_END}


@pytest.fixture
async def consumer(told: MemoryPublisher, ends: dict[int, int], open_database: OpenDatabase) -> Consumer:
    feed = FeedUpToEnds(told, {partition: SeekPosition(end) for partition, end in ends.items()})
    consumer = Consumer(
        SOURCE, DatabaseInbox(await open_database(service), SOURCE, apply_batch), feed, feed, on_bus=False
    )
    await consumer.begin()
    return consumer


def reached(consumer: Consumer) -> dict[int, int]:
    return {partition: at.last_seq for partition, at in consumer.state.positions.items()}


class TestUpTo:
    async def test_one_by_one(self, consumer: Consumer, ends: dict[int, int]) -> None:
        await consumer.catch_up()
        assert reached(consumer) == ends

    async def test_in_memory(self, consumer: Consumer, ends: dict[int, int]) -> None:
        inbox, feed = consumer.inbox, consumer.feed
        assert isinstance(inbox, DatabaseInbox)
        await bulk_load(inbox, consumer.state, FeedBatches(feed), ends)
        assert reached(consumer) == ends

    async def test_in_an_address(self) -> None:
        check_url(b"/v1/events", f"after={','.join([seq_in_url(BEYOND_ALL)] * PARTITIONS)}".encode())
        assert parse_seq(seq_in_url(BEYOND_ALL)) == BEYOND_ALL
