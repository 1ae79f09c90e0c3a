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
from pathlib import Path
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import OffsetOutOfRangeError
from aiokafka.helpers import create_ssl_context

from shared.bus import Incoming, Outgoing, Position
from shared.bus.quiet import limit_rate

CALL_SECONDS = 5.0  # one call of the client; a batch alone takes 4 ms
REQUEST_MS = 5000  # aiokafka's 40 s is how long a frozen broker would silence it
POLL_MS = 1000
BATCH_BYTES = 900 * 1024  # the broker takes 1 MiB, an event is at most 256 KiB
WATCH_SECONDS = 10.0
PAUSES_SECONDS = (0.1, 0.2, 0.5, 1.0)  # after the first, second .. failure in a row
HEADERS = [("content-type", b"application/cloudevents+json")]

logger = logging.getLogger(__name__)
T = TypeVar("T")


class Doubt(Exception):
    """A call of the client failed, did not end in time, or was cancelled by the client itself."""


@dataclass(frozen=True)
class Access:
    """How a service reaches the brokers: bootstrap servers, and SCRAM over TLS where a user is given."""

    servers: str
    user: str = ""
    password: str = ""
    ca_file: Path | None = None

    def options(self) -> dict[str, Any]:  # Any: keyword arguments of the client
        options: dict[str, Any] = {"bootstrap_servers": self.servers, "request_timeout_ms": REQUEST_MS}
        if self.ca_file or self.user:
            tls = create_ssl_context(cafile=str(self.ca_file) if self.ca_file else None)
            options |= {"security_protocol": "SASL_SSL" if self.user else "SSL", "ssl_context": tls}
        if self.user:
            options |= {
                "sasl_mechanism": "SCRAM-SHA-512",
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.password,
            }
        return options


class Pace:
    """Keeps attempts apart, ever further while they fail: a dead port refuses within a millisecond."""

    def __init__(self) -> None:
        self.failures = 0
        self.not_before = 0.0

    async def wait(self) -> None:
        await asyncio.sleep(max(0.0, self.not_before - now()))

    def failed(self) -> None:
        self.not_before = now() + PAUSES_SECONDS[min(self.failures, len(PAUSES_SECONDS) - 1)]
        self.failures += 1

    def worked(self) -> None:
        self.failures = 0


class KafkaLog:
    """The publisher's side of one topic. One append at a time."""

    def __init__(self, access: Access, topic: str) -> None:
        limit_rate("aiokafka")
        self.access, self.topic = access, topic
        self.producer: AIOKafkaProducer | None = None
        self.replaced = 0  # producers thrown away on a doubt
        self._pace = Pace()

    async def append(self, partition: int, records: Sequence[Outgoing]) -> bool:
        """True: acknowledged by all replicas in sync. False: nobody knows; also at once again while brokers are away."""
        await self._pace.wait()
        try:
            await within(CALL_SECONDS, self._send(partition, records))
        except Doubt as doubt:
            logger.warning("nothing known of a batch for %s/%d: %s", self.topic, partition, doubt)
            self.replaced += 1
            self._pace.failed()
            await self.close()
            return False
        except asyncio.CancelledError:
            await self.close()  # with a batch on its way the producer is as doubtful as after an error
            raise
        self._pace.worked()
        return True

    async def close(self) -> None:
        producer, self.producer = self.producer, None
        if producer is not None:
            await discard(producer)

    async def _send(self, partition: int, records: Sequence[Outgoing]) -> None:
        if self.producer is None:
            self.producer = AIOKafkaProducer(
                **self.access.options(),
                acks="all",  # the default is 1
                enable_idempotence=True,  # only for fewer duplicates
                linger_ms=0,
                compression_type="lz4",
                max_batch_size=BATCH_BYTES,
            )
            await self.producer.start()
        for batch in batches(self.producer, records):
            await (await self.producer.send_batch(batch, self.topic, partition=partition))


def batches(producer: AIOKafkaProducer, records: Iterable[Outgoing]) -> Iterator[Any]:  # Any: aiokafka's builder
    """As few record batches as hold the records in order: one, unless they are very large."""
    batch = producer.create_batch()
    for record in records:
        fields = {"timestamp": None, "key": record.key.encode(), "value": record.value, "headers": HEADERS}
        if batch.append(**fields) is None:
            yield batch
            batch = producer.create_batch()
            batch.append(**fields)
    yield batch


class KafkaTail:
    """The consumer's side of one topic: reads on from offsets it is given and remembers none beyond its own life."""

    def __init__(self, access: Access, topic: str) -> None:
        limit_rate("aiokafka")
        self.access, self.topic = access, topic
        self.consumer: AIOKafkaConsumer | None = None
        self.replaced = 0  # consumers thrown away on a doubt
        self.next: dict[int, int | None] = {}  # partition -> offset to read next; none: whatever comes first
        self._pace = Pace()
        self._watched = Watch({}, {}, 0.0)

    async def seek(self, positions: Mapping[int, Position]) -> None:
        """Read on after these positions: behind the hint, or from the beginning where there is none."""
        self.next |= {p: None if at.hint is None else at.hint + 1 for p, at in positions.items()}
        if self.consumer is not None:
            await self._or_again(self._point())

    async def read(self) -> Sequence[Incoming]:
        await self._pace.wait()
        found = await self._or_again(self._poll())
        return found or ()

    async def close(self) -> None:
        consumer, self.consumer = self.consumer, None
        if consumer is not None:
            await drop(consumer)

    async def _or_again(self, call: Coroutine[Any, Any, T]) -> T | None:  # Any: as Coroutine wants it
        """What the call gives, or nothing and a new consumer next time."""
        try:
            result = await within(CALL_SECONDS, call)
        except Doubt as doubt:
            logger.warning("another consumer for %s: %s", self.topic, doubt)
            self.replaced += 1
            self._pace.failed()
            await self.close()
            return None
        self._pace.worked()
        return result

    async def _poll(self) -> list[Incoming]:
        if self.consumer is None:
            await self._connect()
        assert self.consumer is not None
        try:
            found = await self.consumer.getmany(timeout_ms=POLL_MS)  # never getone: it may not return, even cancelled
        except OffsetOutOfRangeError as error:
            # emptied, shortened or made anew: everything still there is offered again, `seq` sorts it out
            self.next |= {at.partition: None for at in error.args[0]}
            await self._point()
            return []
        for at, records in found.items():
            self.next[at.partition] = records[-1].offset + 1
        if now() - self._watched.at >= WATCH_SECONDS:
            await self._watch()
        return [Incoming(at.partition, r.offset, r.value) for at, records in found.items() for r in records]

    async def _connect(self) -> None:
        self.consumer = AIOKafkaConsumer(
            **self.access.options(), group_id=None, enable_auto_commit=False, auto_offset_reset="none"
        )
        await self.consumer.start()
        if self.topic not in await self.consumer.topics():
            raise Doubt("there is no such topic")  # assigned to it, a consumer would spin at half a core
        self.consumer.assign(list(self._partitions()))
        await self._point()
        self._watched = Watch({}, {}, now())

    async def _point(self) -> None:
        """Bring the consumer to the offsets wanted."""
        assert self.consumer is not None
        if any(offset is None for offset in self.next.values()):
            beginnings = await self.consumer.beginning_offsets(
                [at for at in self._partitions() if self.next[at.partition] is None]
            )
            self.next |= {at.partition: offset for at, offset in beginnings.items()}
        for at in self._partitions():
            self.consumer.seek(at, self.next[at.partition])

    async def _watch(self) -> None:
        """Find a consumer that quietly stopped, and offsets beyond an end that went back."""
        assert self.consumer is not None
        ends = {at.partition: end for at, end in (await self.consumer.end_offsets(list(self._partitions()))).items()}
        before, self._watched = self._watched, Watch(dict(self.next), ends, now())
        if stuck := [p for p, end in before.ends.items() if self.next[p] == before.next[p] and self.next[p] != end]:
            raise Doubt(f"nothing came for {WATCH_SECONDS:.0f} s in partitions {stuck}")

    def _partitions(self) -> Iterator[TopicPartition]:
        return (TopicPartition(self.topic, partition) for partition in sorted(self.next))


@dataclass(frozen=True)
class Watch:
    """Where a consumer stood and where the partitions ended when somebody last looked."""

    next: dict[int, int | None]
    ends: dict[int, int]
    at: float


async def within(seconds: float, call: Coroutine[Any, Any, T]) -> T:  # Any: as Coroutine wants it
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
        raise Doubt(f"no answer within {seconds:g} s")
    if task.cancelled():
        raise Doubt("cancelled by the client")
    if error := task.exception():
        raise error if isinstance(error, Doubt) else Doubt(repr(error)) from error
    return task.result()


async def discard(producer: AIOKafkaProducer) -> None:
    """End a producer for good, whatever it is doing; after it no task of it is left.

    Not stop(): with a batch pending it never returns, and abandoned it leaves a sender that delivers later. Private
    names of aiokafka 0.14.0; tests/bus count the tasks.
    """
    producer._closed = True
    sender = producer._sender.sender_task
    if sender is not None:
        sender.cancel()
    with contextlib.suppress(Doubt):
        await within(1.0, producer.client.close())
    for _ in range(5):
        if (update := producer.client._md_update_fut) is not None and not update.done():
            update.cancel()
        if sender is None or sender.done():
            break
        sender.cancel()
        await asyncio.wait((sender,), timeout=0.2)


async def drop(consumer: AIOKafkaConsumer) -> None:
    """End a consumer for good. With the broker dead, stop() raises CancelledError and skips its own clean-up."""
    for end in (consumer.stop, consumer._client.close):
        with contextlib.suppress(Doubt):
            await within(2.0, end())


def now() -> float:
    """Seconds of the loop's own clock, which nothing sets back."""
    return asyncio.get_running_loop().time()
