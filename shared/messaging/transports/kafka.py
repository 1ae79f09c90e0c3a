"""The bus over Apache Kafka: one topic per publisher, no consumer groups, no transactions, no trust in the client.

Whatever aiokafka does, `append` and `read` come back in time and raise nothing: every call of the client runs under a
deadline of ours, and on any doubt the client is thrown away and another one made. What was lost or doubled on the way
is healed by `seq` and the feed, never here.
"""

import asyncio
import contextlib
import logging
from collections.abc import Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import OffsetOutOfRangeError
from aiokafka.helpers import create_ssl_context

from shared.base.brokers import Brokers
from shared.messaging.transports import Incoming, Outgoing, RecordBatch, SeekPosition
from shared.messaging.transports.record_batches import batches_of, fetch_by_batch

CALL_SECONDS = 5.0  # one call of the client; a batch alone takes 4 ms
REQUEST_MS = 5000  # aiokafka's 40 s is how long a frozen broker would silence it
POLL_MS = 1000
BATCH_BYTES = 900 * 1024  # the broker takes 1 MiB, an event is at most 256 KiB
WATCH_SECONDS, WATCH_POLLS = 5.0, 15  # two looks: a silent consumer is found within ten seconds
PAUSES_SECONDS = (0.1, 0.2, 0.5, 1.0)  # after the first, second .. failure in a row
HEADERS = [("content-type", b"application/cloudevents+json")]

logger = logging.getLogger(__name__)
T = TypeVar("T")


class UncertainOutcome(Exception):
    """A call of the client failed, did not end in time, or was cancelled by the client itself."""


def client_options(brokers: Brokers) -> dict[str, Any]:  # Any: keyword arguments of the client
    """How a service reaches the brokers: plainly, or by SCRAM over TLS where a user is given."""
    options: dict[str, Any] = {"bootstrap_servers": brokers.servers, "request_timeout_ms": REQUEST_MS}
    if brokers.user or brokers.ca_file:
        file = brokers.ca_file
        options["ssl_context"] = create_ssl_context(cafile=str(file) if file else None)
        options["security_protocol"] = "SASL_SSL" if brokers.user else "SSL"
    if brokers.user:
        options |= {
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": brokers.user,
            "sasl_plain_password": brokers.password,
        }
    return options


class Backoff:
    """Keeps attempts apart, ever further while they fail: a dead port refuses within a millisecond."""

    def __init__(self) -> None:
        self.failures = 0
        self.not_before = 0.0

    async def wait(self) -> None:
        await asyncio.sleep(max(0.0, self.not_before - monotonic_seconds()))

    def record_failure(self) -> None:
        self.not_before = monotonic_seconds() + PAUSES_SECONDS[min(self.failures, len(PAUSES_SECONDS) - 1)]
        self.failures += 1

    def record_success(self) -> None:
        self.failures = 0


class KafkaLog:
    """The publisher's side of one topic. Appends to several partitions may be on their way; one doubt is all theirs."""

    def __init__(self, brokers: Brokers, topic: str) -> None:
        self.options, self.topic = client_options(brokers), topic
        self.producer: AIOKafkaProducer | None = None
        self.replaced = 0  # producers thrown away on a doubt
        self._backoff = Backoff()
        self._starting = asyncio.Lock()

    async def append(self, partition: int, records: Sequence[Outgoing]) -> bool:
        """True: acknowledged by all replicas in sync. False: nobody knows, and the next one has another producer."""
        if not records:
            return True
        await self._backoff.wait()
        try:
            await with_deadline(CALL_SECONDS, self._send(partition, records))
        except UncertainOutcome as uncertain:
            logger.warning("nothing known of a batch for %s/%d: %s", self.topic, partition, uncertain)
            self.replaced += 1
            self._backoff.record_failure()
            await self.close()
            return False
        except asyncio.CancelledError:
            await self.close()  # with a batch on its way the producer is as doubtful as after an error
            raise
        self._backoff.record_success()
        return True

    async def close(self) -> None:
        producer, self.producer = self.producer, None
        if producer is not None:
            await discard_producer(producer)

    async def _send(self, partition: int, records: Sequence[Outgoing]) -> None:
        producer = await self._open_producer()
        for batch in split_batches(producer, records):
            await (await producer.send_batch(batch, self.topic, partition=partition))

    async def _open_producer(self) -> AIOKafkaProducer:
        async with self._starting:
            if self.producer is None:
                self.producer = AIOKafkaProducer(
                    **self.options,
                    acks="all",  # the default is 1
                    enable_idempotence=True,  # only for fewer duplicates
                    linger_ms=0,
                    compression_type="zstd",  # lz4 as the client packs it takes longer than all else
                    max_batch_size=BATCH_BYTES,
                )
                await self.producer.start()
            return self.producer


def split_batches(producer: AIOKafkaProducer, records: Iterable[Outgoing]) -> Iterator[Any]:  # Any: aiokafka's builder
    """As few record batches as hold the records in order: one, unless they are very large."""
    batch = producer.create_batch()
    for record in records:
        fields = {"timestamp": None, "key": record.key.encode(), "value": record.value, "headers": HEADERS}
        if batch.append(**fields) is None:
            yield batch
            batch = producer.create_batch()
            batch.append(**fields)
    yield batch


class KafkaSubscription:
    """The consumer's side of one topic: reads on from offsets it is given and remembers none beyond its own life."""

    def __init__(self, brokers: Brokers, topic: str) -> None:
        self.options, self.topic = client_options(brokers), topic
        self.consumer: AIOKafkaConsumer | None = None
        self.replaced = 0  # consumers thrown away on a doubt
        self._offsets: dict[int, int | None] = {}  # partition -> what to read next; none: whatever comes first
        self._watched = ProgressSnapshot({}, {}, 0.0)
        self._backoff = Backoff()
        self._at_once, self._polls = 1, 0

    async def seek(self, positions: Mapping[int, SeekPosition]) -> None:
        """Read on after these positions: behind the hint, or from the beginning where there is none."""
        self._offsets |= {p: None if at.hint is None else at.hint + 1 for p, at in positions.items()}
        if self.consumer is not None:
            await self._call(self._assign_offsets())

    async def read(self) -> Sequence[Incoming]:
        """As below, record by record."""
        return tuple(record for record_batch in await self.read_batches() for record in record_batch.records())

    async def read_batches(self) -> Sequence[RecordBatch]:
        """What follows; empty also while the brokers are away. An empty answer is not the end of the topic."""
        await self._backoff.wait()
        if self.consumer is None:
            await self._call(self._connect())
        found = await self._call(self._poll()) if self.consumer is not None else None
        # with a backlog on a starved machine a few polls may not have come to every partition
        self._polls += 1 if found else WATCH_POLLS
        if (
            self.consumer is not None
            and monotonic_seconds() - self._watched.at >= WATCH_SECONDS
            and self._polls >= WATCH_POLLS
        ):
            await self._call(self._check_progress())
        return found or ()

    async def close(self) -> None:
        consumer, self.consumer = self.consumer, None
        if consumer is not None:
            await discard_consumer(consumer)

    async def _call(self, call: Coroutine[Any, Any, T]) -> T | None:  # Any: as Coroutine wants it
        """What the call gives; on a doubt nothing, and another consumer next time."""
        try:
            result = await with_deadline(CALL_SECONDS, call)
        except UncertainOutcome as uncertain:
            logger.warning("another consumer for %s: %s", self.topic, uncertain)
            self.replaced += 1
            self._backoff.record_failure()
            await self.close()
            return None
        self._backoff.record_success()
        return result

    async def _connect(self) -> None:
        self.consumer = AIOKafkaConsumer(
            **self.options, group_id=None, enable_auto_commit=False, auto_offset_reset="none"
        )
        await self.consumer.start()
        self._at_once = fetch_by_batch(self.consumer)
        if self.topic not in await self.consumer.topics():
            # assigned to it, a consumer would spin at half a core; and what is made next begins anew
            self._offsets = dict.fromkeys(self._offsets)
            raise UncertainOutcome("there is no such topic")
        await self._assign_offsets()
        self._watched = ProgressSnapshot({}, {}, 0.0)

    async def _assign_offsets(self) -> None:
        """Bring the consumer to the offsets wanted."""
        assert self.consumer is not None
        partitions = [TopicPartition(self.topic, partition) for partition in sorted(self._offsets)]
        if self.consumer.assignment() != set(partitions):
            self.consumer.assign(partitions)
        if first := [at for at in partitions if self._offsets[at.partition] is None]:
            beginnings = await self.consumer.beginning_offsets(first)
            self._offsets |= {at.partition: offset for at, offset in beginnings.items()}
        for at in partitions:
            self.consumer.seek(at, self._offsets[at.partition])

    async def _poll(self) -> list[RecordBatch]:
        assert self.consumer is not None
        try:
            # never getone: it may not end, even cancelled
            found = await self.consumer.getmany(timeout_ms=POLL_MS, max_records=self._at_once)
        except OffsetOutOfRangeError as error:
            # emptied, cut or made anew: all that is there is offered again, `seq` tells what of it is new
            self._offsets |= {at.partition: None for at in error.args[0]}
            await self._assign_offsets()
            return []
        record_batches = [
            record_batch for at, records in found.items() for record_batch in batches_of(at.partition, records)
        ]
        self._offsets |= {record_batch.partition: record_batch.offsets[-1] + 1 for record_batch in record_batches}
        return record_batches

    async def _check_progress(self) -> None:
        """Find a consumer that quietly stopped: behind the end it saw last time, and nothing read since."""
        assert self.consumer is not None
        ends = {at.partition: end for at, end in (await self.consumer.end_offsets(self.consumer.assignment())).items()}
        before, self._watched = self._watched, ProgressSnapshot(dict(self._offsets), ends, monotonic_seconds())
        self._polls = 0
        if stuck := [p for p, end in before.ends.items() if self._offsets[p] == before.offsets[p] != end]:
            raise UncertainOutcome(f"nothing came for {self._watched.at - before.at:.0f} s in partitions {stuck}")


@dataclass(frozen=True)
class ProgressSnapshot:
    """Where a consumer stood and where the partitions ended when somebody last looked."""

    offsets: dict[int, int | None]
    ends: dict[int, int]
    at: float


async def with_deadline(seconds: float, call: Coroutine[Any, Any, T]) -> T:  # Any: as Coroutine wants it
    """The result of a call of the client. Raises Doubt for every other end of it, and CancelledError only if we are.

    Not wait_for: aiokafka raises CancelledError that nobody asked for, and may not end when cancelled.
    """
    task = asyncio.create_task(call)
    try:
        await asyncio.wait((task,), timeout=seconds)
    finally:
        late = not task.done()
        if late:
            task.cancel()
            await asyncio.wait((task,), timeout=0.2)
    if late:
        raise UncertainOutcome(f"no answer within {seconds:g} s")
    if task.cancelled():
        raise UncertainOutcome("cancelled by the client")
    if error := task.exception():
        raise error if isinstance(error, UncertainOutcome) else UncertainOutcome(repr(error)) from error
    return task.result()


async def discard_producer(producer: AIOKafkaProducer) -> None:
    """End a producer for good, whatever it is doing; after it no task of it is left.

    Not stop(): with a batch pending it never returns, and abandoned it leaves a sender that delivers later. Private
    names of aiokafka 0.14.0; tests/shared/messaging/transports count the tasks.
    """
    producer._closed = True
    sender = producer._sender.sender_task
    if sender is not None:
        sender.cancel()
    with contextlib.suppress(UncertainOutcome):
        await with_deadline(1.0, producer.client.close())
    for _ in range(5):
        if (update := producer.client._md_update_fut) is not None and not update.done():
            update.cancel()
        if sender is None or sender.done():
            break
        sender.cancel()
        await asyncio.wait((sender,), timeout=0.2)


async def discard_consumer(consumer: AIOKafkaConsumer) -> None:
    """End a consumer for good. With the broker dead, stop() raises CancelledError and skips its own clean-up."""
    for end in (consumer.stop, consumer._client.close):
        with contextlib.suppress(UncertainOutcome):
            await with_deadline(2.0, end())


def monotonic_seconds() -> float:
    """Seconds of the loop's own clock, which nothing sets back."""
    return asyncio.get_running_loop().time()
