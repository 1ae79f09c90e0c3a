"""Bulk load: fills empty read models from a topic or the feed, in as many processes as there are cores."""

import asyncio
import contextlib
import os
import pickle
import sys
from collections.abc import Coroutine, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any

from services.reporting.projection.apply import store_batch
from services.reporting.projection.bulk.aggregate import paused_collector
from services.reporting.projection.bulk.partition_reader import BatchSource, FoldedShare, ReadRange, read_shares
from services.reporting.projection.bulk.reader_process import SIZE_BYTES
from shared.base.brokers import Brokers
from shared.base.logging import log
from shared.messaging import pipelined
from shared.messaging.consumer import Feed
from shared.messaging.inbox import AdvancedPositions, ConsumerState, DatabaseInbox
from shared.messaging.inbox.received import is_content_error
from shared.messaging.pipelined import PendingBatchRejected
from shared.messaging.transports import RecordBatch, SeekPosition
from shared.messaging.transports.kafka import KafkaSubscription

ROWS_AT_MOST = 300_000  # with a nation's history those of three days: by them a store is paid, and memory taken
WORTH_A_PROCESS = 60_000  # events that this one folds until another has begun
SILENT_SECONDS = 300.0  # for a million events
PIPE_BYTES = 1 << 24


async def bulk_load(
    inbox: DatabaseInbox, heard: ConsumerState, subscription: BatchSource, ends: Mapping[int, int]
) -> None:
    """Fold what the tail gives, up to these seqs, and move the positions."""
    filling = BulkLoad(inbox, heard)
    await filling.finish([filling.read(subscription, read_range_of(inbox, heard, ends))])


async def bulk_load_from_topic(
    inbox: DatabaseInbox, heard: ConsumerState, brokers: Brokers, topic: str, ends: Mapping[int, int]
) -> None:
    """As `fill`, of what Kafka still has, in as many processes as are worth it."""
    wanted, filling = read_range_of(inbox, heard, ends), BulkLoad(inbox, heard)
    mine, *others = parts = split_partitions(wanted, core_count())
    wanted = wanted._replace(at_once=pipelined.PENDING_AT_MOST // len(parts))
    subscription = KafkaSubscription(brokers, topic)
    beside = [filling.read_in_process(brokers, topic, wanted.of(partitions)) for partitions in others]
    try:
        await filling.finish([*beside, filling.read(subscription, wanted.of(mine))])
    finally:
        await subscription.close()


def read_range_of(inbox: DatabaseInbox, heard: ConsumerState, ends: Mapping[int, int]) -> ReadRange:
    return ReadRange(inbox.source, str(heard.history), dict(heard.positions), ends, pipelined.PENDING_AT_MOST)


def core_count() -> int:
    """That this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def split_partitions(wanted: ReadRange, processes: int) -> list[list[int]]:
    """Partitions for each process, as even as they can be had; for fewer where more would gain nothing. Ours first."""
    numbers = {partition: number for partition in wanted.ends if (number := wanted.number(partition))}
    worth = min(processes, len(numbers), sum(numbers.values()) // WORTH_A_PROCESS)
    parts: list[list[int]] = [[] for _ in range(max(1, worth))]
    loads = [0] + [WORTH_A_PROCESS] * (len(parts) - 1)
    for partition in sorted(numbers, key=numbers.__getitem__, reverse=True):
        least = loads.index(min(loads))
        parts[least].append(partition)
        loads[least] += numbers[partition]
    return [part for part in parts if part] or [[]]


class BulkLoad:
    """Takes in what several read, and stores it all when it is enough; whoever brings more waits meanwhile."""

    def __init__(self, inbox: DatabaseInbox, heard: ConsumerState) -> None:
        self.inbox, self.heard = inbox, heard
        self.held, self.taking, self.given_up = FoldedShare(), asyncio.Lock(), False

    async def finish(self, readers: Sequence[Coroutine[Any, Any, None]]) -> None:  # Any: as Coroutine wants it
        """Until all have read what they can and it is stored, or something held is not to be stored."""
        tasks = [asyncio.create_task(each) for each in readers]
        try:
            await asyncio.gather(*tasks)
            await self.store()
        except PendingBatchRejected:
            pass  # nothing of what was held is stored, and a consumer finds it
        finally:
            for task in tasks:
                if not task.cancelling():  # once: a second time would end its wait for a process that it ends
                    task.cancel()
            await asyncio.wait(tasks)

    async def read(self, subscription: BatchSource, wanted: ReadRange) -> None:
        async for share in read_shares(subscription, wanted):
            await self.take(share)

    async def read_in_process(self, brokers: Brokers, topic: str, wanted: ReadRange) -> None:
        """In a process of its own. What it does not come to say, dead or silent, is left as if it had been odd."""
        command = [sys.executable, "-m", "services.reporting.projection.bulk.reader_process"]
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=PIPE_BYTES,
            start_new_session=True,  # a Ctrl-C at the terminal is not meant for it: we end it
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(pickle.dumps((brokers, topic, wanted)))
            while share := await read_share(process.stdout):
                await self.take(share)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.stdout.read()  # what nobody heard: `wait` would wait until somebody does
            code = await process.wait()
        if code:
            log.warning("reader_ended", code=code, partitions=sorted(wanted.ends))

    async def take(self, share: FoldedShare) -> None:
        async with self.taking:
            if self.given_up:  # what is behind it must not be stored before it
                raise PendingBatchRejected
            with paused_collector():
                self.held.add(share)
            if self.held.folded.rows > ROWS_AT_MOST:
                await self.store()

    async def store(self) -> None:
        """Raises CulpritHeld, with nothing stored."""
        held, self.held = self.held, FoldedShare()
        if not held.reached:
            return
        try:
            with paused_collector():
                moved = AdvancedPositions(held.reached, held.numbers)
                await self.inbox.store(moved, partial(store_batch, folded=held.folded), self.heard)
        except Exception as error:
            self.given_up = True
            if not is_content_error(error):
                raise
            raise PendingBatchRejected from error


async def read_share(pipe: asyncio.StreamReader) -> FoldedShare | None:
    """The next share; none where the other end is silent, or gone."""
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, TimeoutError):
        async with asyncio.timeout(SILENT_SECONDS):
            size = int.from_bytes(await pipe.readexactly(SIZE_BYTES))
            with paused_collector():
                found: FoldedShare = pickle.loads(await pipe.readexactly(size))
            return found
    return None


class FeedBatches:
    """A feed as a tail that gives stretches."""

    def __init__(self, feed: Feed) -> None:
        self.feed, self.places = feed, dict[int, SeekPosition]()

    async def seek(self, positions: Mapping[int, SeekPosition]) -> None:
        self.places = dict(positions)

    async def read_batches(self) -> Sequence[RecordBatch]:
        found = await self.feed.read_after(self.places)
        record_batches = []
        for partition, records in groupby(found, lambda record: record.partition):
            mine = list(records)
            record_batches.append(RecordBatch(partition, [each.offset for each in mine], [each.value for each in mine]))
            self.places[partition] = SeekPosition(mine[-1].offset)
        return record_batches
