"""Filling: from Kafka, by one process or several, or from a feed: the books are the same, whatever is in the topic."""

import asyncio
import itertools
import os
import pickle
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import cache
from typing import Any

import psutil
import pytest

from services.reporting import filling
from services.reporting.digests import Digests, digests
from services.reporting.filling import FeedStretches, Filling, fill, fill_from_topic, parted
from services.reporting.handlers import fold
from services.reporting.main import service
from services.reporting.shares import Reading, Share, Wanted, shares
from shared.ahead import CulpritHeld
from shared.bus import Outgoing, Position, Reached, Stretch
from shared.bus.kafka import KafkaLog
from shared.consumer import Consumer
from shared.db import Database
from shared.inbox import DatabaseInbox, Heard, Moved
from shared.outbox import PARTITIONS
from shared.service import Service
from shared.settings import ServiceSettings
from tests.backends.kafka import Topics
from tests.oracle.world import World
from tests.reporting.books_of import encoded
from tests.reporting.memory import HISTORY, MemorySource
from tests.reporting.test_bad_events import changed, number_of, parked_event

OpenDatabase = Callable[[Service], Awaitable[Database]]
SOURCE, ODD = "recording", 1  # the partition in which something is odd; partition 0 is never
AT_ONCE = 40
MORE_THAN_A_PIPE_HOLDS = 6_000
one_back_end = pytest.mark.parametrize("back_end", ["postgres"], indirect=True)  # what is odd is not in the database
FORMER = "01988f00-0000-7000-8000-000000000001"


@cache
def lines(source: str, steps: int) -> list[tuple[int, bytes]]:
    return [(said.partition, encoded(said)) for said in World(11, steps=steps).log if said.service == source]


class Told(MemorySource):
    """What a publisher said in two partitions: its feed, and what it wrote into its topic."""

    def __init__(self, source: str = SOURCE, steps: int = 1500) -> None:
        super().__init__(source)
        for partition, value in lines(source, steps):
            self.values[partition].append(value)
        self.topic: dict[int, list[bytes | None]] = {p: [*values] for p, values in self.values.items()}

    @property
    def ends(self) -> dict[int, int]:
        return {partition: len(self.values[partition]) for partition in range(PARTITIONS)}

    async def publish(self, topics: Topics) -> None:
        """As a publisher with a backlog sends them, some in one batch."""
        log = KafkaLog(topics.settings, topics.settings.topic(self.source))
        for partition, values in self.topic.items():
            for some in (values[start : start + AT_ONCE] for start in range(0, len(values), AT_ONCE)):
                records = [Outgoing(0, "61.03", value) for value in some]  # type: ignore[arg-type]  # anybody may write None
                assert await log.append(partition, records)
        await log.close()


class Books:
    """New books, and how far they came."""

    def __init__(self, told: Told, database: Database) -> None:
        self.told, self.database = told, database
        self.inbox = DatabaseInbox(database, told.source, fold)
        self.consumer = Consumer(told.source, self.inbox, told, told, on_bus=False)

    @property
    def reached(self) -> dict[int, int]:
        return {partition: at.last_seq for partition, at in self.consumer.known.positions.items()}

    @property
    def missing(self) -> set[int]:
        return {partition for partition, end in self.told.ends.items() if self.reached[partition] < end}

    async def fill(self, settings: ServiceSettings) -> None:
        await self.consumer.begin()
        await fill_from_topic(self.inbox, self.consumer.known, settings, self.told.ends)

    async def fill_from_feed(self) -> None:
        await fill(self.inbox, self.consumer.known, FeedStretches(self.told), self.told.ends)

    async def digests(self) -> Digests:
        async with self.database.read() as session:
            return await digests(session)

    async def same(self) -> Digests:
        """Once the feed gave what is missing."""
        await self.fill_from_feed()
        await self.consumer.catch_up()
        assert not self.missing
        return await self.digests()


async def one_by_one(told: Told, open_database: OpenDatabase) -> Digests:
    books = Books(told, await open_database(service))
    await books.consumer.begin()
    await books.consumer.catch_up()
    return await books.digests()


class Begun:
    """The readers that a filling began."""

    def __init__(self) -> None:
        self.processes: list[asyncio.subprocess.Process] = []

    def left(self) -> list[int]:
        return [each.pid for each in self.processes if psutil.pid_exists(each.pid)]


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> Begun:
    """As many processes as there are partitions with events, however few these are."""
    found, begin = Begun(), asyncio.create_subprocess_exec

    async def remembered(*words: Any, **named: Any) -> asyncio.subprocess.Process:
        found.processes.append(await begin(*words, **named))
        return found.processes[-1]

    monkeypatch.setattr(filling, "cores", lambda: 8)
    monkeypatch.setattr(filling, "WORTH_A_PROCESS", 1)
    monkeypatch.setattr(asyncio, "create_subprocess_exec", remembered)
    return found


class TestFilling:
    @pytest.mark.parametrize("source", ["recording", "blanks", "equipment"])
    async def test_by_several_processes_is_as_one_by_one(
        self, source: str, topics: Topics, open_database: OpenDatabase, begun: Begun
    ) -> None:
        told = Told(source)
        await told.publish(topics)
        books = Books(told, await open_database(service))

        await books.fill(topics.settings)

        assert len(begun.processes) == 1
        assert not begun.left()
        assert not books.missing
        assert await books.digests() == await one_by_one(told, open_database)

    async def test_with_one_core_begins_no_process(
        self, topics: Topics, open_database: OpenDatabase, begun: Begun, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(filling, "cores", lambda: 1)
        told = Told()
        await told.publish(topics)
        books = Books(told, await open_database(service))

        await books.fill(topics.settings)

        assert not begun.processes
        assert not books.missing
        assert await books.digests() == await one_by_one(told, open_database)

    async def test_in_many_stores_is_as_in_one(
        self, topics: Topics, open_database: OpenDatabase, begun: Begun, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(filling, "HELD_AT_MOST", 60)
        monkeypatch.setattr(filling, "ROWS_AT_MOST", 30)
        told = Told()
        await told.publish(topics)
        books = Books(told, await open_database(service))

        await books.fill(topics.settings)

        assert not books.missing
        assert await books.digests() == await one_by_one(told, open_database)

    async def test_ends_where_it_is_told_to(self, topics: Topics, open_database: OpenDatabase, begun: Begun) -> None:
        told = Told()
        await told.publish(topics)
        for values in told.values.values():
            del values[-7:]  # said since the live books stood there
        books = Books(told, await open_database(service))

        await books.fill(topics.settings)

        assert books.reached == told.ends
        assert await books.digests() == await one_by_one(told, open_database)

    async def test_of_nothing(self, topics: Topics, open_database: OpenDatabase, begun: Begun) -> None:
        told = Told()
        told.values.clear()
        books = Books(told, await open_database(service))

        await books.fill(topics.settings)

        assert not begun.processes
        assert not any(books.reached.values())


def garbage(values: list[bytes | None]) -> None:
    values.insert(100, b"anybody's")


def without_value(values: list[bytes | None]) -> None:
    values.insert(100, None)


def a_hole(values: list[bytes | None]) -> None:
    del values[100]


def former(values: list[bytes | None]) -> None:
    values[:50] = [changed(value, history=FORMER) for value in values[:50] if value is not None]


def no_beginning(values: list[bytes | None]) -> None:
    del values[:50]


def nothing(values: list[bytes | None]) -> None:
    values.clear()


def twice(values: list[bytes | None]) -> None:
    values[2 * AT_ONCE : 2 * AT_ONCE] = values[AT_ONCE : 2 * AT_ONCE]


def twice_in_part(values: list[bytes | None]) -> None:
    values[2 * AT_ONCE : 2 * AT_ONCE] = values[AT_ONCE + 20 : 2 * AT_ONCE]


@one_back_end
class TestOdd:
    @pytest.mark.parametrize("odd", [garbage, without_value, a_hole, former, no_beginning, nothing])
    async def test_records_stop_their_partition_alone(
        self, odd: Callable[[list[bytes | None]], None], topics: Topics, open_database: OpenDatabase, begun: Begun
    ) -> None:
        told = Told()
        odd(told.topic[ODD])
        await told.publish(topics)
        books = Books(told, await open_database(service))

        await books.fill(topics.settings)

        assert books.missing == {ODD}
        assert await books.same() == await one_by_one(told, open_database)

    async def test_nor_do_they_stop_another_that_the_same_process_reads(
        self, topics: Topics, open_database: OpenDatabase, begun: Begun, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(filling, "cores", lambda: 1)
        told = Told()
        garbage(told.topic[ODD])
        await told.publish(topics)
        books = Books(told, await open_database(service))

        await books.fill(topics.settings)

        assert books.missing == {ODD}
        assert books.reached[ODD] == 80
        assert await books.same() == await one_by_one(told, open_database)

    @pytest.mark.parametrize("odd", [twice, twice_in_part])
    async def test_what_is_said_twice_counts_once(
        self, odd: Callable[[list[bytes | None]], None], topics: Topics, open_database: OpenDatabase, begun: Begun
    ) -> None:
        told = Told()
        odd(told.topic[ODD])
        await told.publish(topics)
        books = Books(told, await open_database(service))

        await books.fill(topics.settings)

        assert not books.missing
        assert await books.digests() == await one_by_one(told, open_database)

    async def test_what_cannot_be_folded_is_parked(
        self, topics: Topics, open_database: OpenDatabase, begun: Begun
    ) -> None:
        told = Told()
        told.values[ODD][100] = changed(told.values[ODD][100], type="rekap.recording.of_a_later_release.v1")
        told.topic[ODD] = [*told.values[ODD]]
        await told.publish(topics)
        books = Books(told, await open_database(service))

        await books.fill(topics.settings)

        assert books.missing == {ODD}
        assert await books.same() == await one_by_one(told, open_database)
        assert await number_of(books.database, parked_event) == 1

    async def test_a_topic_that_was_cut(self, topics: Topics, open_database: OpenDatabase, begun: Begun) -> None:
        told = Told()
        await told.publish(topics)
        for partition in told.topic:
            await topics.cut(topics.names[0], partition, before=50)
        books = Books(told, await open_database(service))

        await books.fill(topics.settings)

        assert not any(books.reached.values())
        assert await books.same() == await one_by_one(told, open_database)

    async def test_no_broker(self, topics: Topics, open_database: OpenDatabase, begun: Begun) -> None:
        told = Told()
        books = Books(told, await open_database(service))

        await books.fill(topics.settings.model_copy(update={"kafka": "127.0.0.1:1"}))

        assert not begun.left()
        assert not any(books.reached.values())
        assert await books.same() == await one_by_one(told, open_database)


class TestShares:
    async def test_one_partition_is_not_waited_for_while_another_gives(self) -> None:
        """A topic of which one partition is empty, while live events arrive in one that is closed."""
        tail = Endless()
        wanted = Wanted(SOURCE, str(HISTORY), {p: Reached(0, None, None) for p in (0, 1)}, {0: 9, 1: 9}, 1000)

        found = [share async for share in shares(tail, wanted)]

        assert found == []
        assert tail.reads < 20


class Endless:
    """A tail with one partition that never ends, and nothing in it is what follows."""

    reads = 0

    async def seek(self, positions: Mapping[int, Position]) -> None:
        return

    async def read_stretches(self) -> Sequence[Stretch]:
        self.reads += 1
        return [Stretch(0, [self.reads], [b"anybody's"])]


class TestReaders:
    @pytest.fixture
    def in_pieces(self, begun: Begun, monkeypatch: pytest.MonkeyPatch) -> Begun:
        """A reader has more to say than goes into its pipe at once."""
        monkeypatch.setattr(filling, "HELD_AT_MOST", 40)
        monkeypatch.setattr(filling, "PIPE_BYTES", 1)
        return begun

    @asynccontextmanager
    async def after_the_first_share(
        self, begun: Begun, monkeypatch: pytest.MonkeyPatch, word: signal.Signals
    ) -> AsyncIterator[tuple[list[Share], asyncio.Event]]:
        """The reader gets a signal when it was heard once."""
        hear, heard, spoken = filling.said, list[Share](), asyncio.Event()

        async def and_then(pipe: asyncio.StreamReader) -> Share | None:
            if (share := await hear(pipe)) is not None:
                heard.append(share)
                if len(heard) == 1:
                    begun.processes[0].send_signal(word)
                    spoken.set()
            return share

        monkeypatch.setattr(filling, "said", and_then)
        yield heard, spoken

    @one_back_end
    async def test_killed_before_it_says_anything(
        self, topics: Topics, open_database: OpenDatabase, begun: Begun, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begin = asyncio.create_subprocess_exec

        async def and_kill(*words: Any, **named: Any) -> asyncio.subprocess.Process:
            process = await begin(*words, **named)
            process.kill()
            return process

        monkeypatch.setattr(asyncio, "create_subprocess_exec", and_kill)
        told = Told()
        await told.publish(topics)
        books = Books(told, await open_database(service))

        await books.fill(topics.settings)

        assert len(books.missing) == 1
        assert await books.same() == await one_by_one(told, open_database)

    @one_back_end
    @pytest.mark.parametrize("word", [signal.SIGKILL, signal.SIGSTOP], ids=lambda word: word.name)
    async def test_killed_or_frozen_in_the_middle(
        self,
        word: signal.Signals,
        topics: Topics,
        open_database: OpenDatabase,
        in_pieces: Begun,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(filling, "SILENT_SECONDS", 3.0)
        told = Told(steps=MORE_THAN_A_PIPE_HOLDS)
        await told.publish(topics)
        books = Books(told, await open_database(service))

        async with self.after_the_first_share(in_pieces, monkeypatch, word) as (heard, _):
            await books.fill(topics.settings)

        assert not in_pieces.left()
        [partition] = books.missing
        assert books.reached[partition] == heard[-1].reached[partition].last_seq > 0
        assert await books.same() == await one_by_one(told, open_database)

    @one_back_end
    async def test_end_when_the_rebuild_is_cancelled(
        self, topics: Topics, open_database: OpenDatabase, in_pieces: Begun, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told = Told(steps=MORE_THAN_A_PIPE_HOLDS)
        await told.publish(topics)
        books = Books(told, await open_database(service))
        async with self.after_the_first_share(in_pieces, monkeypatch, signal.SIGSTOP) as (_, spoken):
            rebuilding = asyncio.create_task(books.fill(topics.settings))
            async with asyncio.timeout(30):
                await spoken.wait()
            rebuilding.cancel()
            with suppress(asyncio.CancelledError):
                await rebuilding

        assert not in_pieces.left()

    def test_end_when_the_rebuild_is_killed(self) -> None:
        """Then its end of their input closes; here before they could notice that there is no broker."""
        settings = ServiceSettings(name="reporting", kafka="127.0.0.1:1")
        wanted = Wanted(SOURCE, str(HISTORY), {0: Reached(0, None, None)}, {0: 9}, 1000)
        command = [sys.executable, "-c", "import asyncio\nfrom services.reporting import reader\n" + FOREVER]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(pickle.dumps((settings, wanted)))
        process.stdin.flush()
        assert process.stdout.read(5) == b"begun"

        process.stdin.close()

        assert process.wait(20) == 1
        process.stdout.close()

    def test_load_no_database_and_no_web_framework(self) -> None:
        """They begin in a third of the time."""
        code = "import sys, services.reporting.reader; print(*sys.modules)"
        loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

        assert not {"sqlalchemy", "fastapi", "httpx", "asyncpg"} & set(loaded)


FOREVER = """
async def read(*told):
    print("begun", flush=True)
    await asyncio.sleep(600)
reader.read = read
reader.main()
"""


class TestParted:
    def wanted(self, *numbers: int) -> Wanted:
        after = {partition: Reached(10, None, None) for partition in range(PARTITIONS)}
        ends = {partition: 10 + number for partition, number in enumerate(numbers)}
        return Wanted(SOURCE, str(HISTORY), after, ends, 1000)

    @pytest.mark.parametrize(("processes", "parts"), [(1, 1), (2, 2), (5, 5), (64, 12)])
    def test_each_partition_goes_to_one_of_them(self, processes: int, parts: int) -> None:
        numbers = [random.Random(4).randrange(400_000, 500_000) for _ in range(PARTITIONS)]

        found = parted(self.wanted(*numbers), processes)

        assert len(found) == parts
        assert sorted(itertools.chain(*found)) == list(range(PARTITIONS))
        sizes = [sum(numbers[partition] for partition in part) for part in found]
        assert max(sizes) - min(sizes) <= max(numbers)

    def test_few_events_are_worth_no_process(self) -> None:
        assert parted(self.wanted(60_000, 60_000, 0), 8) == [[0, 1]]

    def test_nothing_is_wanted(self) -> None:
        assert parted(self.wanted(0, 0), 8) == [[]]

    def test_this_process_may_use_a_core(self) -> None:
        assert 1 <= filling.cores() <= (os.cpu_count() or 1)


class Refusing:
    """An inbox whose database refuses what it is given first."""

    source = SOURCE

    def __init__(self) -> None:
        self.asked = 0
        self.stored: list[Moved] = []

    async def store(self, moved: Moved, effects: Any, heard: Heard) -> None:
        self.asked += 1
        await asyncio.sleep(0)
        if self.asked == 1:
            raise ValueError("of the content")
        self.stored.append(moved)


class TestCulprit:
    async def test_nothing_behind_it_is_stored(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Two bring shares: while the first is refused the second waits, and must not be stored over the hole."""
        monkeypatch.setattr(filling, "ROWS_AT_MOST", -1)
        inbox = Refusing()
        filled = Filling(inbox, Heard({}, HISTORY))  # type: ignore[arg-type]  # what it needs of one

        async def bring(*seqs: int) -> None:
            for seq in seqs:
                await filled.take(Share(reached={0: Reached(seq, None, None)}))

        await filled.finish([bring(1, 2), bring(3)])

        assert inbox.asked == 1
        assert inbox.stored == []
        with pytest.raises(CulpritHeld):
            await filled.take(Share())


class TestReading:
    def test_stops_at_the_end_within_a_stretch_said_twice(self) -> None:
        told = Told()
        values = told.values[ODD]
        wanted = Wanted(SOURCE, str(HISTORY), {ODD: Reached(20, None, 19)}, {ODD: 40}, 1000)
        reading = Reading(wanted)

        assert reading.take(Stretch(ODD, range(60), values[:60]))

        assert (reading.at[ODD].last_seq, reading.at[ODD].hint, reading.open) == (40, 39, set())

    def test_nothing_is_new_where_all_was_said_before(self) -> None:
        told = Told()
        wanted = Wanted(SOURCE, str(HISTORY), {ODD: Reached(20, None, 19)}, {ODD: 40}, 1000)
        reading = Reading(wanted)

        assert not reading.take(Stretch(ODD, range(20), told.values[ODD][:20]))

        assert reading.open == {ODD}
