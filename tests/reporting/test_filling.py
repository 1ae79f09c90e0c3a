"""Filling: from Kafka, by one process or several, or from a feed: the books are the same, whatever is in the topic."""

import asyncio
import itertools
import os
import random
from collections.abc import Callable
from typing import Any

import pytest

from services.reporting.main import service
from services.reporting.projection.bulk import bulk_load
from services.reporting.projection.bulk.bulk_load import BulkLoad, split_partitions
from services.reporting.projection.bulk.partition_reader import FoldedShare, ReadRange
from shared.messaging import pipelined
from shared.messaging.inbox import AdvancedPositions, ConsumerState
from shared.messaging.inbox.tables import parked_event
from shared.messaging.outbox import PARTITIONS
from shared.messaging.pipelined import PendingBatchRejected
from shared.messaging.transports import Position
from tests.backends.kafka import Topics
from tests.reporting.filled import AT_ONCE, ODD, SOURCE, Begun, Books, OpenDatabase, Told, filled, one_by_one
from tests.reporting.memory import HISTORY
from tests.reporting.test_bad_events import changed, number_of

FORMER = "01988f00-0000-7000-8000-000000000001"


class TestFilling:
    @pytest.mark.parametrize("source", ["recording", "blanks", "equipment"])
    async def test_by_several_processes_is_as_one_by_one(
        self, source: str, topics: Topics, open_database: OpenDatabase, begun: Begun
    ) -> None:
        told = Told(source)

        books = await filled(told, topics, open_database)

        assert len(begun.processes) == 1
        assert not begun.left()
        assert not books.missing
        assert await books.digests() == await one_by_one(told, open_database)

    async def test_with_one_core_begins_no_process(
        self, topics: Topics, open_database: OpenDatabase, begun: Begun, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bulk_load, "core_count", lambda: 1)
        told = Told()

        books = await filled(told, topics, open_database)

        assert not begun.processes
        assert not books.missing
        assert await books.digests() == await one_by_one(told, open_database)

    async def test_in_many_stores_is_as_in_one(
        self, topics: Topics, open_database: OpenDatabase, begun: Begun, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pipelined, "PENDING_AT_MOST", 60)
        monkeypatch.setattr(bulk_load, "ROWS_AT_MOST", 30)
        told = Told()

        books = await filled(told, topics, open_database)

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


@pytest.mark.parametrize("back_end", ["postgres"], indirect=True)  # what is odd is not in the database
class TestOdd:
    @pytest.mark.parametrize("odd", [garbage, without_value, a_hole, former, no_beginning, nothing])
    async def test_records_stop_their_partition_alone(
        self, odd: Callable[[list[bytes | None]], None], topics: Topics, open_database: OpenDatabase, begun: Begun
    ) -> None:
        told = Told()
        odd(told.topic[ODD])

        books = await filled(told, topics, open_database)

        assert books.missing == {ODD}
        assert await books.same() == await one_by_one(told, open_database)

    async def test_nor_do_they_stop_another_that_the_same_process_reads(
        self, topics: Topics, open_database: OpenDatabase, begun: Begun, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bulk_load, "core_count", lambda: 1)
        told = Told()
        garbage(told.topic[ODD])

        books = await filled(told, topics, open_database)

        assert books.missing == {ODD}
        assert books.reached[ODD] == 80
        assert await books.same() == await one_by_one(told, open_database)

    @pytest.mark.parametrize("odd", [twice, twice_in_part])
    async def test_what_is_said_twice_counts_once(
        self, odd: Callable[[list[bytes | None]], None], topics: Topics, open_database: OpenDatabase, begun: Begun
    ) -> None:
        told = Told()
        odd(told.topic[ODD])

        books = await filled(told, topics, open_database)

        assert not books.missing
        assert await books.digests() == await one_by_one(told, open_database)

    async def test_what_cannot_be_folded_is_parked(
        self, topics: Topics, open_database: OpenDatabase, begun: Begun
    ) -> None:
        told = Told()
        told.values[ODD][100] = changed(told.values[ODD][100], type="rekap.recording.of_a_later_release.v1")
        told.topic[ODD] = [*told.values[ODD]]

        books = await filled(told, topics, open_database)

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


class TestParted:
    def wanted(self, *numbers: int) -> ReadRange:
        after = {partition: Position(10, None, None) for partition in range(PARTITIONS)}
        ends = {partition: 10 + number for partition, number in enumerate(numbers)}
        return ReadRange(SOURCE, str(HISTORY), after, ends, 1000)

    @pytest.mark.parametrize(("processes", "parts"), [(1, 1), (2, 2), (5, 5), (64, 12)])
    def test_each_partition_goes_to_one_of_them(self, processes: int, parts: int) -> None:
        numbers = [random.Random(4).randrange(400_000, 500_000) for _ in range(PARTITIONS)]

        found = split_partitions(self.wanted(*numbers), processes)

        assert len(found) == parts
        assert sorted(itertools.chain(*found)) == list(range(PARTITIONS))
        sizes = [sum(numbers[partition] for partition in part) for part in found]
        assert max(sizes) - min(sizes) <= max(numbers)

    def test_few_events_are_worth_no_process(self) -> None:
        assert split_partitions(self.wanted(60_000, 60_000, 0), 8) == [[0, 1]]

    def test_nothing_is_wanted(self) -> None:
        assert split_partitions(self.wanted(0, 0), 8) == [[]]

    def test_this_process_may_use_a_core(self) -> None:
        assert 1 <= bulk_load.core_count() <= (os.cpu_count() or 1)


class Refusing:
    """An inbox whose database refuses what it is given first."""

    source = SOURCE

    def __init__(self) -> None:
        self.asked = 0
        self.stored: list[AdvancedPositions] = []

    async def store(self, moved: AdvancedPositions, effects: Any, heard: ConsumerState) -> None:
        self.asked += 1
        await asyncio.sleep(0)
        if self.asked == 1:
            raise ValueError("of the content")
        self.stored.append(moved)


class TestCulprit:
    async def test_nothing_behind_it_is_stored(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Two bring shares: while the first is refused the second waits, and must not be stored over the hole."""
        monkeypatch.setattr(bulk_load, "ROWS_AT_MOST", -1)
        inbox = Refusing()
        filled = BulkLoad(inbox, ConsumerState({}, HISTORY))  # type: ignore[arg-type]  # what it needs of one

        async def bring(*seqs: int) -> None:
            for seq in seqs:
                await filled.take(FoldedShare(reached={0: Position(seq, None, None)}))

        await filled.finish([bring(1, 2), bring(3)])

        assert inbox.asked == 1
        assert inbox.stored == []
        with pytest.raises(PendingBatchRejected):
            await filled.take(FoldedShare())
