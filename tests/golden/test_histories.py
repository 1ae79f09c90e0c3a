"""Old events fold for ever, to the same bytes wherever and in whatever order; new ones break nobody (P14, P15)."""

import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from services.reporting.main import service
from services.reporting.projection.apply import apply_batch
from services.reporting.rebuild.checksums import read_checksums
from shared.db import Database
from shared.events import EVENTS, PUBLISHER_OF, TOPICS, codec
from shared.messaging.inbox import DatabaseInbox, parked_event
from shared.service import Service
from tests.golden.histories import HERE, checksums_of, histories, read_lines, releases, stored_checksums, to_received
from tests.reporting.projection.memory_source import MemorySource, drain

OpenDatabase = Callable[[Service], Awaitable[Database]]
ROOT = Path(__file__).parents[2]
HISTORIES = histories()
EXAMPLES = [history for history in HISTORIES if history.name == "examples"]


def named(history: Path) -> str:
    return history.relative_to(HERE).as_posix()


def types_of(release: Path) -> set[str]:
    found = set()
    for history in (release / "histories").iterdir():
        found |= {msgspec.json.decode(line)["type"] for _, line in read_lines(history)}
    return found


class TestGoldenHistories:
    def test_the_latest_release_said_every_type(self) -> None:
        assert types_of(releases()[-1]) == set(EVENTS)

    def test_five_offices_are_in_it(self) -> None:
        for release in releases():
            offices = {
                msgspec.json.decode(line)["data"]["district"] for _, line in read_lines(release / "histories/offices")
            }
            assert offices >= {"61.03", "52.02", "61.09", "61.01", "61.12"}

    @pytest.mark.parametrize("history", HISTORIES, ids=named)
    async def test_folds_to_the_stored_bytes(self, history: Path, open_database: OpenDatabase) -> None:
        assert await checksums_of(await open_database(service), history) == stored_checksums(history)

    @pytest.mark.parametrize("surroundings", [
        {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LC_ALL": "C"},
        {"PYTHONHASHSEED": "4711", "TZ": "America/Los_Angeles", "LC_ALL": "C.UTF-8", "LANG": "id_ID.UTF-8"},
    ])  # fmt: skip
    def test_wherever_it_is_folded(self, surroundings: dict[str, str]) -> None:
        """P15: hash seed, time zone and language of the machine change no byte."""
        for history in HISTORIES:
            command = [sys.executable, "-m", "tests.golden", str(history)]
            done = subprocess.run(command, env=os.environ | surroundings, cwd=ROOT, capture_output=True, check=True)
            assert json.loads(done.stdout) == stored_checksums(history), named(history)


def with_unknown_fields(line: bytes) -> bytes:
    """As a later release would say it: attributes and fields nobody knows yet, also in the parts."""
    told = msgspec.json.decode(line)
    return msgspec.json.encode(nest_unknown_fields(told) | {"data": nest_unknown_fields(told["data"])})


def nest_unknown_fields(part: Any) -> Any:  # Any: JSON
    if isinstance(part, list):
        return [nest_unknown_fields(each) for each in part]
    if isinstance(part, dict):
        return {name: nest_unknown_fields(each) for name, each in part.items()} | {"added_later": {"any": ["thing"]}}
    return part


def with_unknown_type(line: bytes) -> bytes:
    return msgspec.json.encode(msgspec.json.decode(line) | {"type": "rekap.recording.said_by_a_later_release.v1"})


class TestNewProducer:
    @pytest.mark.parametrize("history", EXAMPLES, ids=named)
    async def test_breaks_no_old_consumer(self, history: Path, open_database: OpenDatabase) -> None:
        """Fields it does not know are ignored; types it does not know are parked, in order, and hold up nothing."""
        database = await open_database(service)
        parked = 0
        for source in TOPICS:
            log = MemorySource(source)
            for number, line in enumerate(line for mine, line in read_lines(history) if mine == source):
                log.say(with_unknown_fields(line))
                if number % 3 == 0:
                    log.say(with_unknown_type(line))
                    parked += 1
            await drain(log, DatabaseInbox(database, source, apply_batch))
        async with database.read() as session:
            kept = (await (await session.connection()).execute(select(parked_event.c.reason))).scalars().all()
            found = await read_checksums(session)
        assert kept == ["unknown_type"] * parked
        assert parked > 0
        assert names_and_amounts(found) == names_and_amounts(stored_checksums(history))


def names_and_amounts(found: dict[str, str]) -> dict[str, str]:
    """But for rows that carry a number of their partition: what was put in between moved those."""
    return {name: digest for name, digest in found.items() if name.split()[0] in ("tally", "statement", "current")}


class TestOldProducer:
    @pytest.mark.parametrize("history", HISTORIES, ids=named)
    def test_may_leave_out_what_was_added(self, history: Path) -> None:
        """Whatever is optional now may be missing in what was said before it was."""
        tried = 0
        for source, line in read_lines(history):
            told = msgspec.json.decode(line)
            for name in optional(EVENTS[told["type"]]) & told["data"].keys():
                without = {key: value for key, value in told["data"].items() if key != name}
                envelope = codec.read(msgspec.json.encode(told | {"data": without}), source)
                codec.event_of(envelope)
                tried += 1
        assert tried > 0

    @pytest.mark.parametrize("history", HISTORIES, ids=named)
    def test_says_only_what_is_its_own(self, history: Path) -> None:
        for source, line in read_lines(history):
            assert PUBLISHER_OF[type(to_received(source, line).event)] == source


def optional(event: type[msgspec.Struct]) -> set[str]:
    return {field.encode_name for field in msgspec.structs.fields(event) if not field.required}
