"""A topic in memory that loses, doubles and splits batches, is emptied, and forgets its subscription."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from shared.messaging.transports import Incoming, Outgoing, RecordBatch, SeekPosition
from tests.simulation.memory_publisher import PARTITIONS

if TYPE_CHECKING:
    from tests.simulation.world import World


class MemoryPartition:
    """One partition: records from an offset on."""

    __slots__ = ("records", "start")

    def __init__(self) -> None:
        self.start = 0
        self.records: list[bytes | None] = []

    @property
    def end(self) -> int:
        return self.start + len(self.records)


class MemoryTopic:
    """What the broker holds. `hurt`: something once in it is gone, so it alone is no longer the whole."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.lanes = [MemoryPartition() for _ in range(PARTITIONS)]
        self.late: list[tuple[int, int, Sequence[Outgoing]]] = []  # lands at, partition, records
        self.hurt = False

    def land(self, partition: int, records: Sequence[Outgoing]) -> None:
        self.lanes[partition].records += [record.value for record in records]
        self.world.tell(f"lands {partition}: {[record.seq for record in records]}")

    def land_late(self, *, all_: bool = False) -> None:
        """Batches of producers given up on, delivered after all."""
        due = [each for each in self.late if all_ or each[0] <= self.world.schedule.now]
        for each in due:
            self.late.remove(each)
            self.land(each[1], each[2])
            self.world.faults.sometimes["ack_lost_then_zombie_sent"] += 1

    def trouble(self) -> None:
        """What may happen to a topic while nobody looks."""
        faults = self.world.faults
        lane = self.lanes[self.world.schedule.rng.randrange(PARTITIONS)]
        if lane.records and faults.hit("log_wiped"):  # retention moved past it
            lane.start, lane.records, self.hurt = lane.end, [], True
            self.happened("log_wiped")
        if lane.records and faults.hit("log_made_anew"):  # deleted and made again: offsets begin again
            lane.start, lane.records, self.hurt = 0, [], True
            self.happened("log_made_anew")
        if lane.records and faults.hit("tail_wiped"):  # a leader that had not heard the last: offsets are used again
            del lane.records[-self.world.schedule.rng.randint(1, 3) :]
            self.hurt = True
            self.happened("tail_wiped")
        if faults.hit("stray"):
            lane.records.append(self.world.schedule.rng.choice([None, b"not an event"]))

    def happened(self, name: str) -> None:
        self.world.faults.sometimes[name] += 1
        self.world.tell(name)


class MemoryLog:
    """The publisher's side. One producer: a doubt about one batch is a doubt about all that are on their way."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.doubts = self.on_their_way = 0

    async def append(self, partition: int, records: Sequence[Outgoing]) -> bool:
        before = self.doubts
        self.world.faults.sometimes["several_on_their_way"] += self.on_their_way > 0
        self.on_their_way += 1
        try:
            is_acknowledged = await self.send(partition, records)
        finally:
            self.on_their_way -= 1
        self.world.faults.sometimes["doubted_for_another"] += is_acknowledged and self.doubts != before
        if is_acknowledged and self.doubts == before:
            return True
        self.doubts += 1
        return False

    async def send(self, partition: int, records: Sequence[Outgoing]) -> bool:
        world, faults = self.world, self.world.faults
        await world.point()
        if faults.hit("lost_before_landing"):
            faults.sometimes["lost_before_landing"] += 1
            return False
        if faults.hit("lands_later"):
            world.topic.late.append((world.schedule.now + world.schedule.rng.randint(5, 80), partition, records))
            return False
        if len(records) > 1 and faults.hit("batch_split"):
            return self.land_part(partition, records)
        world.topic.land(partition, records)
        await world.point("landed_then_killed")
        if faults.hit("acknowledgement_lost"):
            faults.sometimes["acknowledgement_lost"] += 1
            return False
        return True

    def land_part(self, partition: int, records: Sequence[Outgoing]) -> bool:
        """Two batches for one page, and only one of them arrived: not always the first, where a zombie sends too."""
        cut = self.world.schedule.rng.randint(1, len(records) - 1)
        self.world.topic.land(partition, self.world.schedule.rng.choice([records[:cut], records[cut:]]))
        self.world.faults.sometimes["batch_split"] += 1
        return False

    async def close(self) -> None:
        return


class MemorySubscription:
    """The consumer's side: reads on from offsets, from the beginning where there is none or it is out of range."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.offsets: dict[int, int | None] = {}

    async def seek(self, positions: Mapping[int, SeekPosition]) -> None:
        await self.world.point()
        self.offsets = {p: None if at.hint is None else at.hint + 1 for p, at in positions.items()}

    async def read(self) -> Sequence[Incoming]:
        await self.world.point()
        found: list[Incoming] = []
        for partition in self.offsets:
            found += self.poll(partition, self.world.schedule.rng.randint(0, 4))
        await self.world.point("paused_with_a_batch" if found else "")
        return found

    async def read_batches(self) -> Sequence[RecordBatch]:
        """In any order of the partitions; a stretch may end anywhere, and hold whatever landed."""
        await self.world.point()
        rng, least = self.world.schedule.rng, 0 if self.world.faults.hit("slow_broker") else 1
        found: list[RecordBatch] = []
        for partition in rng.sample(list(self.offsets), len(self.offsets)):
            records = self.poll(partition, rng.randint(0 if found else least, 4))
            cut = rng.randint(0, len(records))
            found += [to_record_batch(partition, some) for some in (records[:cut], records[cut:]) if some]
        await self.world.point("paused_with_a_batch" if found else "")
        return found

    def poll(self, partition: int, most: int) -> list[Incoming]:
        lane, offset = self.world.topic.lanes[partition], self.offsets[partition]
        if offset is not None and not lane.start <= offset <= lane.end:
            self.world.faults.sometimes["offset_out_of_range"] += 1
            offset = None
        first = lane.start if offset is None else offset
        values = lane.records[first - lane.start : first - lane.start + most]
        self.offsets[partition] = first + len(values)
        return [Incoming(partition, first + number, value) for number, value in enumerate(values)]

    async def close(self) -> None:
        return


def to_record_batch(partition: int, records: Sequence[Incoming]) -> RecordBatch:
    return RecordBatch(partition, [each.offset for each in records], [each.value for each in records])
