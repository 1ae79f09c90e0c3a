"""Readers beside a rebuild: killed, frozen, cancelled, orphaned; and how little they load."""

import asyncio
import pickle
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from services.reporting.main import service
from services.reporting.projection.bulk import bulk_load
from services.reporting.projection.bulk.partition_reader import FoldedShare, ReadRange
from shared.base.brokers import Brokers
from shared.messaging import pipelined
from shared.messaging.transports import Position
from tests.backends.kafka import Topics
from tests.reporting.projection.bulk_fixtures import (
    SOURCE,
    FilledReadModels,
    MemoryPublisher,
    OpenDatabase,
    StartedReaders,
    fill_from_written_topic,
    fold_one_by_one,
)
from tests.reporting.projection.memory_source import EPOCH

MORE_THAN_A_PIPE_HOLDS = 6_000
one_back_end = pytest.mark.parametrize("back_end", ["postgres"], indirect=True)  # readers know none


class TestReaderProcess:
    @pytest.fixture
    def in_pieces(self, started_readers: StartedReaders, monkeypatch: pytest.MonkeyPatch) -> StartedReaders:
        """A reader has more to say than goes into its pipe at once."""
        monkeypatch.setattr(pipelined, "PENDING_AT_MOST", 40)
        monkeypatch.setattr(bulk_load, "PIPE_BYTES", 1)
        return started_readers

    @asynccontextmanager
    async def after_the_first_share(
        self, started_readers: StartedReaders, monkeypatch: pytest.MonkeyPatch, word: signal.Signals
    ) -> AsyncIterator[tuple[list[FoldedShare], asyncio.Event]]:
        """The reader gets a signal when it was heard once."""
        hear, heard, spoken = bulk_load.read_share, list[FoldedShare](), asyncio.Event()

        async def and_then(pipe: asyncio.StreamReader) -> FoldedShare | None:
            if (share := await hear(pipe)) is not None:
                heard.append(share)
                if len(heard) == 1:
                    started_readers.processes[0].send_signal(word)
                    spoken.set()
            return share

        monkeypatch.setattr(bulk_load, "read_share", and_then)
        yield heard, spoken

    @one_back_end
    async def test_killed_before_it_says_anything(
        self,
        topics: Topics,
        open_database: OpenDatabase,
        started_readers: StartedReaders,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        begin = asyncio.create_subprocess_exec

        async def and_kill(*words: Any, **named: Any) -> asyncio.subprocess.Process:
            process = await begin(*words, **named)
            process.kill()
            return process

        monkeypatch.setattr(asyncio, "create_subprocess_exec", and_kill)
        publisher = MemoryPublisher()

        books = await fill_from_written_topic(publisher, topics, open_database)

        assert len(books.missing) == 1
        assert await books.same() == await fold_one_by_one(publisher, open_database)

    @one_back_end
    @pytest.mark.parametrize("word", [signal.SIGKILL, signal.SIGSTOP], ids=lambda word: word.name)
    async def test_killed_or_frozen_in_the_middle(
        self,
        word: signal.Signals,
        topics: Topics,
        open_database: OpenDatabase,
        in_pieces: StartedReaders,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(bulk_load, "SILENT_SECONDS", 3.0)
        publisher = MemoryPublisher(steps=MORE_THAN_A_PIPE_HOLDS)
        await publisher.publish(topics)
        books = FilledReadModels(publisher, await open_database(service))

        async with self.after_the_first_share(in_pieces, monkeypatch, word) as (heard, _):
            await books.fill(topics.settings)

        assert not in_pieces.left()
        [partition] = books.missing
        assert books.reached[partition] == heard[-1].reached[partition].last_seq > 0
        assert await books.same() == await fold_one_by_one(publisher, open_database)

    @one_back_end
    async def test_end_when_the_rebuild_is_cancelled(
        self, topics: Topics, open_database: OpenDatabase, in_pieces: StartedReaders, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        publisher = MemoryPublisher(steps=MORE_THAN_A_PIPE_HOLDS)
        await publisher.publish(topics)
        books = FilledReadModels(publisher, await open_database(service))
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
        wanted = ReadRange(SOURCE, str(EPOCH), {0: Position(0, None, None)}, {0: 9}, 1000)
        command = [sys.executable, "-c", IMPORTS + ENDLESS_READER_CODE]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(pickle.dumps((Brokers("127.0.0.1:1"), "none.such", wanted)))
        process.stdin.flush()
        assert process.stdout.read(5) == b"begun"

        process.stdin.close()

        assert process.wait(20) == 1
        process.stdout.close()

    def test_load_no_database_and_no_web_framework(self) -> None:
        """They begin in a third of the time."""
        code = "import sys, services.reporting.projection.bulk.reader_process; print(*sys.modules)"
        loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

        assert not {"sqlalchemy", "fastapi", "httpx", "asyncpg", "pydantic"} & set(loaded)


IMPORTS = "import asyncio\nfrom services.reporting.projection.bulk import reader_process\n"
ENDLESS_READER_CODE = """
async def read(*given):
    print("begun", flush=True)
    await asyncio.sleep(600)
reader_process.read_partitions = read
reader_process.main()
"""
