"""Records: whole record batches out of aiokafka's consumer instead of an object for every record.

`getmany` makes a ConsumerRecord of each, which costs as much as all else a fold does with it. Reaches into private
names of aiokafka 0.14.0; with another version `getmany` gives records as ever and `stretches_of` puts them together.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import aiokafka
from aiokafka import AIOKafkaConsumer
from aiokafka.consumer.fetcher import FetchResult
from aiokafka.errors import CorruptRecordException

from shared.bus import Stretch

PINNED = "0.14.0"
BATCHES_AT_ONCE, RECORDS_AT_ONCE = 24, 5000
UNREAD_SECONDS = 5.0


def by_batch(consumer: AIOKafkaConsumer) -> int:
    """From now on this consumer, and no other, gives a Stretch for each record batch. -> how many to ask for.

    While a partition has something unread the others wait for it: after aiokafka's 0.1 s they would be asked for
    without it, and where nothing comes for them it would wait with them, for half a second.
    """
    if aiokafka.__version__ != PINNED:
        return RECORDS_AT_ONCE
    consumer._fetcher._records = Fetched()
    consumer._fetcher._prefetch_backoff = UNREAD_SECONDS
    return BATCHES_AT_ONCE


class Fetched(dict[Any, Any]):  # Any: topic partitions, and what came of fetching them
    """Where the fetcher leaves what it fetched."""

    def __setitem__(self, at: Any, result: Any) -> None:  # Any: as above
        if isinstance(result, FetchResult):
            records = result._partition_records
            records._records_iterator = unpacked(at.partition, records)
        super().__setitem__(at, result)


def unpacked(partition: int, records: Any) -> Iterator[Stretch]:  # Any: aiokafka's PartitionRecords
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
            yield Stretch(partition, offsets, values[-len(offsets) :])


def stretches_of(partition: int, found: Sequence[Any]) -> list[Stretch]:  # Any: stretches, or ConsumerRecords
    if isinstance(found[0], Stretch):
        return list(found)
    return [Stretch(partition, [record.offset for record in found], [record.value for record in found])]
