"""Record batches of Kafka as the client fetched them, cheaper by the hundred than record by record."""

from collections.abc import Iterator, Sequence
from typing import Any

import aiokafka
from aiokafka import AIOKafkaConsumer
from aiokafka.consumer.fetcher import FetchResult
from aiokafka.errors import CorruptRecordException

from shared.messaging.transports import RecordBatch

PINNED_AIOKAFKA = "0.14.0"
BATCHES_AT_ONCE, RECORDS_AT_ONCE = 24, 5000
UNREAD_SECONDS = 5.0


def fetch_by_batch(consumer: AIOKafkaConsumer) -> int:
    """From now on this consumer, and no other, gives a Stretch for each record batch. -> how many to ask for.

    While a partition has something unread the others wait for it: after aiokafka's 0.1 s they would be asked for
    without it, and where nothing comes for them it would wait with them, for half a second.
    """
    if aiokafka.__version__ != PINNED_AIOKAFKA:
        return RECORDS_AT_ONCE
    consumer._fetcher._records = BatchFetchBuffer()
    consumer._fetcher._prefetch_backoff = UNREAD_SECONDS
    return BATCHES_AT_ONCE


class BatchFetchBuffer(dict[Any, Any]):  # Any: topic partitions, and what came of fetching them
    """Where the fetcher leaves what it fetched."""

    def __setitem__(self, at: Any, result: Any) -> None:  # Any: as above
        if isinstance(result, FetchResult):
            records = result._partition_records
            records._records_iterator = unpack_batch(at.partition, records)
        super().__setitem__(at, result)


def unpack_batch(partition: int, records: Any) -> Iterator[RecordBatch]:  # Any: aiokafka's PartitionRecords
    """As its `_unpack_records`, without transactions: there are none on our topics."""
    while records._records.has_next():
        batch = records._records.next_batch()
        if not batch.validate_crc():
            raise CorruptRecordException(f"Invalid CRC in partition {partition}")
        first, records.next_fetch_offset = records.next_fetch_offset, batch.next_offset
        if batch.is_control_batch:
            continue
        values = [record.value for record in batch]
        # a batch is given whole, also to who asked for its middle
        if offsets := range(max(first, batch.next_offset - len(values)), batch.next_offset):
            yield RecordBatch(partition, offsets, values[-len(offsets) :])


def batches_of(partition: int, found: Sequence[Any]) -> list[RecordBatch]:  # Any: stretches, or ConsumerRecords
    if isinstance(found[0], RecordBatch):
        return list(found)
    return [RecordBatch(partition, [record.offset for record in found], [record.value for record in found])]
