"""A publisher's database in memory: writers, sequencing, published positions, its backup and its feed."""

from collections.abc import Mapping, Sequence
from copy import copy
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from shared.base.errors import Unavailable
from shared.events import codec
from shared.messaging.outbox import SequencedEvent, common_prefix
from shared.messaging.publisher import PublishPage
from shared.messaging.transports import Incoming, Outgoing, SeekPosition
from shared.messaging.transports.end_offsets import EndOffset, EndOffsets

if TYPE_CHECKING:
    from tests.simulation.world import World

SOURCE = "recording"
PARTITIONS = 2  # few, so that things meet; the cores take what the inbox and the heads name
SIMULATION_BEGIN = datetime(2018, 1, 1, tzinfo=UTC)
KNOWN, UNKNOWN = "rekap.recording.population.set.v1", "rekap.recording.not_known_here.v1"
DATA = '{"district":"61.03","as_of":"2017-12-31","lines":[]}'


class Fact(NamedTuple):
    """What a writer committed."""

    id: str
    subject: int
    partition: int
    type: str


class MemoryOutboxRow:
    """An outbox row, visible: its transaction is committed."""

    __slots__ = ("fact", "id", "known_at", "seq", "written")

    def __init__(self, id: int, fact: Fact) -> None:
        self.id, self.fact = id, fact
        self.seq: int | None = None
        self.known_at = SIMULATION_BEGIN
        self.written: tuple[UUID, bytes] | None = None  # by history; the same bytes each time


class MemoryOutbox:
    """The publisher's database. `said`: the facts in the order of their commits, kept by the writers."""

    def __init__(self, history: UUID) -> None:
        self.histories = [(history, [0] * PARTITIONS)]
        self.rows: list[MemoryOutboxRow] = []
        self.numbered: list[list[MemoryOutboxRow]] = [[] for _ in range(PARTITIONS)]
        self.marks = [0] * PARTITIONS
        self.known_at = [SIMULATION_BEGIN] * PARTITIONS
        self.said: list[Fact] = []
        self.next_id, self.changes = 1, 0

    def copied(self) -> "MemoryOutbox":
        made = copy(self)
        made.rows = [copy(row) for row in self.rows]
        by_id = {row.id: row for row in made.rows}
        made.numbered = [[by_id[row.id] for row in rows] for rows in self.numbered]
        made.marks, made.known_at = list(self.marks), list(self.known_at)
        made.said, made.histories = list(self.said), list(self.histories)
        return made

    @property
    def history(self) -> UUID:
        return self.histories[-1][0]

    def unstamped(self) -> list[MemoryOutboxRow]:
        return sorted((row for row in self.rows if row.seq is None), key=attrgetter("id"))

    def n(self, partition: int) -> int:
        return len(self.numbered[partition])

    def value(self, row: MemoryOutboxRow) -> bytes:
        if row.written is not None and row.written[0] == self.history:
            return row.written[1]
        fact, seq = row.fact, row.seq
        assert seq is not None
        stamped = SequencedEvent(
            fact.partition, seq, row.known_at, fact.id, fact.type, str(fact.subject), "61.03", "61.03", DATA, None
        )
        row.written = (self.history, codec.encode(stamped, SOURCE, self.history))
        return row.written[1]


class MemoryPublisherStore:
    """What the publisher asks of its database; each transaction is one turn."""

    def __init__(self, world: "World") -> None:
        self.world = world

    def changes(self) -> int:
        return self.world.outbox.changes

    async def wait(self, since: int, seconds: float) -> None:
        if since == self.world.outbox.changes:
            self.world.schedule.sleep(1 + int(self.world.schedule.rng.random() * 20))
        await self.world.point()

    async def pause(self, done: int) -> None:
        return

    async def assign_sequence(self) -> int:
        await self.world.point()
        outbox, now = self.world.outbox, self.world.clock()
        waiting = self.order(outbox.unstamped())[: self.world.schedule.rng.randint(1, 4)]
        for row in waiting:
            rows, partition = outbox.numbered[row.fact.partition], row.fact.partition
            rows.append(row)
            row.seq = len(rows)
            row.known_at = outbox.known_at[partition] = max(now, outbox.known_at[partition])
            if not self.world.on_bus:
                outbox.marks[partition] = row.seq
        outbox.changes += bool(waiting)
        if waiting:
            self.world.tell(f"stamps {[(row.fact.partition, row.seq) for row in waiting]}")
        await self.world.point()
        return len(waiting)

    def order(self, waiting: list[MemoryOutboxRow]) -> list[MemoryOutboxRow]:
        return waiting

    async def advance_watermark(self) -> None:
        await self.world.point()
        outbox, now = self.world.outbox, self.world.clock()
        outbox.known_at = [max(now, at) for at in outbox.known_at]

    async def unpublished_pages(self, limit: int) -> Sequence[PublishPage]:
        await self.world.point()
        behind = [self.page(partition, self.world.outbox.marks[partition]) for partition in range(PARTITIONS)]
        return [page for page in behind if page.records]

    def page(self, partition: int, mark: int) -> PublishPage:
        """Some of what is behind a mark."""
        outbox, limit = self.world.outbox, self.world.schedule.rng.randint(1, 4)
        rows = outbox.numbered[partition][mark : mark + limit]
        return PublishPage(partition, mark, [Outgoing(row.seq or 0, "61.03", outbox.value(row)) for row in rows])

    async def advance_published(self, pages: Sequence[PublishPage]) -> int:
        await self.world.point()
        if self.world.faults.hit("commit_fails"):
            self.world.faults.sometimes["mark_not_moved"] += 1
            raise Unavailable
        moved = sum([self.set_mark(page.partition, page.mark, page.last_seq) for page in pages])
        if moved < len(pages):
            self.world.faults.sometimes["publishers_met_at_a_mark"] += 1
        await self.world.point()
        return moved

    def set_mark(self, partition: int, before: int, after: int) -> bool:
        outbox = self.world.outbox
        if outbox.marks[partition] != before:
            return False
        outbox.marks[partition] = after
        return True


class MemoryFeed:
    """The publisher's own log as consumers read it, a few events at a time; also the tail where there is no bus."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.places: dict[int, SeekPosition] = {}

    async def ask(self) -> None:
        """The way there: the publisher may not answer."""
        await self.world.point()
        if self.world.faults.hit("feed_away"):
            self.world.faults.sometimes["feed_away"] += 1
            raise OSError("the publisher does not answer")

    async def end_offsets(self) -> EndOffsets:
        await self.ask()
        outbox, now = self.world.outbox, self.world.clock()
        outbox.known_at = [max(now, at) for at in outbox.known_at]
        heads = {p: EndOffset(outbox.n(p), self.id_at(p)) for p in range(PARTITIONS)}
        found = EndOffsets(outbox.history, self.former(outbox), heads, min(outbox.known_at))
        await self.world.point()
        return found

    def former(self, outbox: MemoryOutbox) -> dict[UUID, dict[int, int]]:
        return {id: dict(enumerate(until)) for id, until in common_prefix(outbox.histories).items()}

    def id_at(self, partition: int) -> str | None:
        rows = self.world.outbox.numbered[partition]
        return rows[-1].fact.id if rows else None

    async def read_after(self, positions: Mapping[int, SeekPosition]) -> Sequence[Incoming]:
        await self.ask()
        outbox, left = self.world.outbox, self.world.schedule.rng.randint(2, 5)
        found: list[Incoming] = []
        for partition, at in positions.items():
            rows = outbox.numbered[partition][at.last_seq : at.last_seq + left - len(found)]
            found += [Incoming(partition, row.seq or 0, outbox.value(row)) for row in rows]
        await self.world.point()
        self.world.faults.sometimes["healed_from_the_feed"] += self.world.on_bus and bool(found)
        return found

    async def seek(self, positions: Mapping[int, SeekPosition]) -> None:
        self.places = dict(positions)

    async def read(self) -> Sequence[Incoming]:
        found = await self.read_after(self.places)
        for record in found:
            self.places[record.partition] = SeekPosition(record.offset)
        return found

    async def close(self) -> None:
        return


def simulated_instant(seconds: int) -> datetime:
    return SIMULATION_BEGIN + timedelta(seconds=seconds)
